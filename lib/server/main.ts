import { join } from "node:path";
import { takeDataFolder } from "@/db/take-data-folder";
import { isAppError } from "@/lib/platform/errors";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { findProtectionSecret } from "@/lib/sync/keys/protection-secret";
import { findRoots } from "@/lib/sync/trust/root-thumbprints";
import { createConsoleQueues } from "./admission/console-queues";
import { admission, createOverload } from "./admission/overload";
import { createClientAddresses } from "./client-address";
import { failOptions, failStart } from "./fail-start";
import { ANSWER_MS_MAX, createForwarder } from "./forward-to-console";
import { boundPort, createNodeHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { openLeanProcess } from "./open-lean-process";
import { createReadiness } from "./readiness/create-readiness";
import { documents } from "./readiness/lean-checks";
import { mergeReadiness } from "./readiness/merge-readiness";
import { announcements } from "./readiness/store-checks";
import { consoleThread, ingestThread, lag } from "./readiness/thread-checks";
import { createKnownSessions } from "./requests/known-sessions";
import { createRequestLog } from "./requests/request-log";
import { routeTable } from "./route-table";
import { createSay, type Say } from "./say";
import { readServerOptions, type ServerOptions } from "./server-options";
import { startConsole } from "./start-console";
import { stopOnSignal } from "./stop-on-signal";
import { watchMainThread } from "./threads/main-thread";
import { embeddedSource, postgresSource, type StoreSource } from "./threads/store-source";

/** Everything is over within the first of these times of a signal; open requests get the second of it. */
const STOP_MS = 5_000;
const REQUESTS_MS = 1_000;

/** Where a passphrase is wanting, or the folder is another user's, the embedded store is not touched. */
async function openSource(options: ServerOptions, say: Say, logger: Logger): Promise<StoreSource> {
  const { databaseUrl, dataDir, bundlesDir, env } = options;
  if (databaseUrl !== null) {
    return postgresSource(databaseUrl, { main: 2, console: 3, ingest: 3 }, env.BULKHEAD_POSTGRES_CONNECTIONS);
  }
  for (const warning of takeDataFolder(dataDir)) say("warning", `Warning: ${warning}`, { warning });
  await findProtectionSecret(join(dataDir, "keys"), env);
  return await embeddedSource({ dataDir, bundlesDir }, logger);
}

async function run(options: ServerOptions): Promise<void> {
  const say = createSay(options.json);
  const logger = stderrLogger;
  const face = await openHttpFace(options.host, options.port);
  const port = boundPort(face.server);
  const baseUrl = options.baseUrl ?? `http://localhost:${port}`;
  const closeFace = async (error: unknown) => {
    await face.close(0);
    throw error;
  };
  const opening = openSource(options, say, logger);
  let readMain: () => ReturnType<typeof readiness.read> = () => Promise.reject(new Error("not open yet"));
  const door = startConsole({
    server: options,
    baseUrl,
    port,
    source: opening,
    logger,
    say,
    mainReadiness: () => readMain(),
  });
  const source = await opening.catch(async (error: unknown) => {
    await door.close();
    return await closeFace(error);
  });
  const abandon = async (error: unknown) => {
    await door.close();
    await source.close();
    return await closeFace(error);
  };
  // Whoever signs makes schema, platform and keys; a damaged file of root keys is told by it, and keeps nobody out.
  await door.opened.catch(abandon);
  const overload = createOverload(logger);
  const queuePorts = { onRefused: overload.noteRefusal };
  const opened = await openLeanProcess(options, baseUrl, {
    source,
    onWaiting: (what) => logger("warn", "main_thread_waits", { what }),
    queuePorts,
    readRoots: (dir) =>
      findRoots(dir, options.env).catch((error: unknown) => {
        if (!isAppError(error)) throw error;
        return null;
      }),
  }).catch(abandon);
  const { context, ingest, submissions } = opened;

  const addresses = createClientAddresses(options.trustedProxies, logger);
  const requests = createRequestLog(context);
  const consoleQueues = createConsoleQueues(queuePorts);
  const forwarder = createForwarder({
    socketPath: door.socketPath,
    queues: consoleQueues,
    sessions: createKnownSessions(baseUrl),
    ids: context.ids,
    logger,
    ownMark: addresses.ownMark,
    answerMsMax: options.isNextDev ? ANSWER_MS_MAX.development : ANSWER_MS_MAX.built,
  });
  const main = watchMainThread();
  const threads = () => [main.figures(), door.figures(), ingest.thread()];
  const queues = () => [
    ...Object.values(consoleQueues).map((queue) => queue.figures()),
    ingest.queue(),
    submissions.figures(),
    opened.runtime.streamFigures(),
  ];
  // What this thread hands out and hears is its own; the rest is the console's to find.
  const readiness = createReadiness(
    [
      documents(context.store, context),
      announcements(context.store, context),
      addresses.check,
      consoleThread(door.figures),
      ingestThread(ingest.thread),
      lag(threads),
      admission(queues),
    ],
    { ...context, threads, queues },
  );
  readMain = () => readiness.read();
  const whole = {
    async read() {
      const [here, there] = await Promise.all([readiness.read(), door.readiness()]);
      return there === null ? here : mergeReadiness(here, there);
    },
  };
  const lean = createLeanApi(
    context,
    opened.runtime,
    routeTable,
    { readiness: whole, mayRead: ({ headers }) => door.mayRead(headers.get("cookie")) },
    submissions,
  );
  face.serve(createNodeHandler(context, lean, forwarder.handler, { addresses, requests }));
  if (options.isNextDev) face.server.on("upgrade", forwarder.upgrade);

  stopOnSignal(logger, {
    withinMs: STOP_MS,
    async stop() {
      opened.runtime.close();
      forwarder.close();
      // Together: what hangs takes nothing of the time that others have.
      await Promise.all([face.close(REQUESTS_MS), door.close()]);
      await opened.close();
      await source.close();
      requests.close();
      overload.close();
    },
    cut: async () => {
      await Promise.all([context.store.close(), source.cut()]);
    },
  });
  await Promise.all([door.firstUp, ingest.firstUp]);
  say("listening", `Bulkhead listens on ${baseUrl}`, { url: baseUrl, port, environment: context.config.environment });
}

// What is made here is its owner's alone.
process.umask(0o077);
const { argv, env } = process;
const parsed = readServerOptions(argv.slice(2), env);
if (!parsed.ok) {
  failOptions(parsed, argv.includes("--json"));
} else {
  run(parsed.options).catch((error: unknown) => failStart(error, parsed.options.json));
}
