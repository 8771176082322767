import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { NOTHING_FOUND } from "@/db/recovery";
import type { Readiness, ThreadFigures } from "@/lib/contracts/readiness";
import type { StartFailure } from "@/lib/platform/explain-start-failure";
import type { Logger } from "@/lib/platform/logger";
import type { ConsoleCalls, ConsoleHostCalls, ConsoleThreadData } from "./console-thread";
import type { GivenStore } from "./open-process";
import type { Say } from "./say";
import type { ServerOptions } from "./server-options";
import { NotStarted } from "./threads/not-started";
import type { StoreSource } from "./threads/store-source";
import { superviseThread } from "./threads/supervise-thread";
import { threadScript } from "./threads/thread-script";

export type ConsoleDoor = {
  /** The store is migrated, and platform and keys are there; rejects with why the first start failed. */
  opened: Promise<void>;
  /** People are answered; rejects with why the first start failed. */
  firstUp: Promise<void>;
  /** Where it listens; null while it does not. */
  socketPath(): string | null;
  /** What it found of its own, and null where it does not say in time. */
  readiness(): Promise<Readiness | null>;
  mayRead(cookie: string | null): Promise<boolean>;
  figures(): ThreadFigures;
  close(): Promise<void>;
};

const MEMORY_MIB = 2048;
/** A round of checks takes four seconds at most; what takes longer is not coming. */
const READINESS_MS = 4_500;

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), READINESS_MS);
  });
  // A thread that fell is told by the check of that name.
  return await Promise.race([asked.catch(() => null), late]).finally(() => clearTimeout(timer));
}

/** Starts the console's thread on a socket in a folder that its owner alone can enter, and starts it again when it falls. */
export function startConsole(options: {
  server: ServerOptions;
  baseUrl: string;
  port: number;
  source: Promise<StoreSource>;
  logger: Logger;
  say: Say;
  mainReadiness(): Promise<Readiness>;
}): ConsoleDoor {
  const { server, baseUrl, port, source, logger, say } = options;
  // The system bounds a socket's path to about a hundred bytes; a data folder's may be longer.
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  let starts = 0;
  const socketOf = (start: number) => join(folder, `console-${start}`);
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const opened = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let failure: StartFailure | undefined;

  const calls: Omit<ConsoleHostCalls, "up" | "beat"> = {
    async say({ event, text, fields }) {
      say(event, text, fields);
      return null;
    },
    async opened() {
      settle?.resolve();
      return null;
    },
    async failed(told) {
      failure = told;
      logger("error", "console_not_started", { ...told });
      settle?.reject(new NotStarted(told));
      return null;
    },
    mainReadiness: () => options.mainReadiness(),
  };
  const thread = superviseThread<ConsoleCalls>({
    name: "console",
    script: threadScript("console-thread"),
    start() {
      starts += 1;
      const isFirst = starts === 1;
      // The store comes later, by a port of its own: what does not need it is done while it opens.
      const { port1: here, port2: store } = new MessageChannel();
      source.then(
        ({ connect, recovery }) => {
          const { handle, transfer } = connect("console");
          here.postMessage({ handle, recovery: isFirst ? recovery : NOTHING_FOUND } satisfies GivenStore, transfer);
          here.close();
        },
        () => here.close(),
      );
      const data: ConsoleThreadData = { options: server, baseUrl, port, socketPath: socketOf(starts), store, isFirst };
      return { data, transfer: [store] };
    },
    calls,
    memoryMib: MEMORY_MIB,
    logger,
  });
  const firstUp = thread.firstUp.catch((error: unknown) => {
    const why = failure === undefined ? error : new NotStarted(failure);
    settle?.reject(why as Error);
    throw why;
  });
  // Whoever starts it waits for both, one after the other: a failure before that is heard by the first.
  opened.catch(() => undefined);
  firstUp.catch(() => undefined);

  return {
    opened,
    firstUp,
    socketPath: () => (thread.line() === null ? null : socketOf(starts)),
    async readiness() {
      const line = thread.line();
      return line === null ? null : await orNull(line.ask("readiness", null));
    },
    async mayRead(cookie) {
      const line = thread.line();
      return line === null ? false : ((await orNull(line.ask("mayRead", cookie))) ?? false);
    },
    figures: thread.figures,
    async close() {
      await thread.stop();
      process.off("exit", removeFolder);
      removeFolder();
    },
  };
}
