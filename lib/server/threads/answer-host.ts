import { parentPort } from "node:worker_threads";
import { invariant } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { type Calls, type Line, openLine } from "./line";
import { watchLoop } from "./loop-lag";
import { HEARTBEAT_MS, type HostCalls, type ThreadCalls } from "./supervise-thread";

/**
 * A thread's side of its line: answers what the thread that started it asks, tells it that it is up and, every second, that
 * it is there and how late it comes to its work. `close` ends what is open when the thread is to stop.
 */
export async function answerHost<Own extends ThreadCalls & Calls, Host extends Calls = HostCalls>(
  calls: Omit<Own, keyof ThreadCalls>,
  logger: Logger,
  close: () => Promise<void>,
): Promise<Line<HostCalls & Host>> {
  const port = parentPort;
  invariant(port !== null, "a thread was started by another");
  const loop = watchLoop();
  const stop: ThreadCalls["stop"] = async () => {
    clearInterval(beating);
    loop.stop();
    await close();
    return null;
  };
  const line = openLine<HostCalls>(port, { ...calls, stop } as Calls, logger);
  const beating = setInterval(() => void line.ask("beat", loop.lag()), HEARTBEAT_MS);
  await line.ask("up", null);
  return line as Line<HostCalls & Host>;
}
