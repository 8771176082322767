import { parentPort } from "node:worker_threads";
import { invariant } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { type Calls, type Line, openLine } from "./line";
import { watchLoop } from "./loop-lag";
import { HEARTBEAT_MS, type HostCalls, type ThreadCalls } from "./supervise-thread";

export type Host<C extends Calls> = {
  line: Line<C>;
  /** Tells that everything is open. */
  up(): Promise<void>;
};

/**
 * A thread's side of its line: answers what the thread that started it asks and tells it, every second, that it is there and
 * how late it comes to its work. `close` ends what is open when the thread is to stop.
 */
export function answerHost<Own extends ThreadCalls & Calls, C extends HostCalls & Calls = HostCalls>(
  calls: Omit<Own, keyof ThreadCalls>,
  logger: Logger,
  close: () => Promise<void>,
): Host<C> {
  const port = parentPort;
  invariant(port !== null, "a thread was started by another");
  let loop: ReturnType<typeof watchLoop> | undefined;
  let beating: NodeJS.Timeout | undefined;
  const stop: ThreadCalls["stop"] = async () => {
    clearInterval(beating);
    loop?.stop();
    await close();
    return null;
  };
  const line = openLine<C>(port, { ...calls, stop } as Calls, logger);
  // Every host answers these; its own calls come on top.
  const basic = line as unknown as Line<HostCalls>;
  return {
    line,
    async up() {
      // Not before: whoever starts keeps nobody waiting.
      const watched = watchLoop();
      loop = watched;
      beating = setInterval(() => void basic.ask("beat", watched.lag()), HEARTBEAT_MS);
      await basic.ask("up", null);
    },
  };
}
