import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@/lib/platform/clock";
import { invariant } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { automaticBackup } from "../backup/automatic-backup";
import { nodeBackupFs } from "../backup/backup-fs";
import { createTurns, type Watch } from "../lanes/turns";
import { findMigrationsFolder } from "../migrate";
import { openPglite, openPgliteInMemory } from "../pglite/open-pglite";
import type { StoreConnection } from "../store-connection";
import { servePort } from "./serve-port";
import { type Order, type Report, toWire, type WorkerStart } from "./wire";

/** The thread that has the embedded store; `openStoreInWorker` starts it, watches it and hands out its ports. */
invariant(parentPort !== null, "the store's thread is started by another one");
const parent = parentPort;
// Safe because only `openStoreInWorker` starts it.
const start = workerData as WorkerStart;

const report = (said: Report) => parent.postMessage(said);
const logger: Logger = (level, event, fields = {}) =>
  report({
    report: "log",
    level,
    event,
    // Errors cross as what they are; the rest of what is logged are words and numbers.
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? toWire(value) : value]),
    ),
  });

const marks = new Int32Array(start.watched);
const kinds = new Map<string, number>();
/** Says from outside of the thread what the database is at: while it works, nothing in here can. */
const watch: Watch = {
  begins(name) {
    let kind = kinds.get(name);
    if (kind === undefined) {
      kind = kinds.size;
      kinds.set(name, kind);
      report({ report: "kind", kind, name });
    }
    Atomics.store(marks, 1, kind);
    Atomics.add(marks, 0, 1);
  },
  ends: () => void Atomics.add(marks, 0, 1),
};

const turns = createTurns({ bounds: start.bounds, watch, logger });
let isClosing = false;
let takenBack = 0;

async function open() {
  const { location, seed, program } = start;
  const common = {
    clock: systemClock,
    logger,
    migrationsFolder: findMigrationsFolder(),
    turns,
    ...(seed === null ? {} : { seed }),
  };
  if (location.kind === "memory") return openPgliteInMemory(common);
  const { kind: _, ...place } = location;
  const backup = program === null ? null : automaticBackup({ fs: nodeBackupFs, ...place, clock: systemClock, program });
  return openPglite({ ...common, ...place, ...(backup === null ? {} : { beforeMigration: backup }) });
}

async function close(connection: StoreConnection): Promise<void> {
  isClosing = true;
  try {
    await connection.close();
    report({ report: "closed", error: null });
  } catch (error) {
    report({ report: "closed", error: toWire(error) });
  }
  // Clients' ports would keep the thread.
  process.exit();
}

function serve(opened: StoreConnection): void {
  const connection: StoreConnection = {
    ...opened,
    figures: async () => ({ ...(await opened.figures()), reopened: start.reopened, takenBack }),
  };
  parent.on("message", (order: Order) => {
    if (order.order === "close") {
      void close(connection);
      return;
    }
    servePort(order.port, connection, {
      silentMsMax: start.silentMsMax,
      transactionMsMax: start.transactionMsMax,
      onTakenBack(lane, ms) {
        takenBack += 1;
        logger("warn", "transaction_taken_back", { lane, ms });
      },
      isWaitedFor: () => isClosing || turns.waiting > 0,
      // A program of WebAssembly that stopped does not go on: the thread ends, and is started again.
      onFallen: (error) => {
        throw error;
      },
    });
  });
}

open().then(
  ({ connection, recovery }) => {
    serve(connection);
    report({ report: "opened", recovery });
  },
  (error: unknown) => {
    report({ report: "not-opened", error: toWire(error) });
    process.exit();
  },
);
