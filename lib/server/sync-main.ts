import { AppError } from "@/lib/platform/errors";
import { stderrLogger } from "@/lib/platform/logger";
import { admission, createOverload } from "./admission/overload";
import { createClientAddresses } from "./client-address";
import { failOptions, failStart } from "./fail-start";
import { boundPort, createNodeHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { openLeanProcess } from "./open-lean-process";
import { bundleCheck } from "./readiness/bundle-check";
import { createReadiness } from "./readiness/create-readiness";
import { leanChecks } from "./readiness/lean-checks";
import { ingestThread, lag } from "./readiness/thread-checks";
import { createRequestLog } from "./requests/request-log";
import { leanRouteTable } from "./route-table";
import { createSay } from "./say";
import { readServerOptions, type ServerOptions } from "./server-options";
import { stopOnSignal } from "./stop-on-signal";
import { watchMainThread } from "./threads/main-thread";
import { postgresSource } from "./threads/store-source";

/** Everything is over within the first of these times of a signal; open requests get the second of it. */
const STOP_MS = 5_000;
const REQUESTS_MS = 1_500;

/** Devices and publishers' tools alone, beside other processes on one Postgres; without Next and without pages. */
async function run(options: ServerOptions): Promise<void> {
  const say = createSay(options.json);
  const { databaseUrl } = options;
  if (databaseUrl === null) {
    throw new AppError(
      "unavailable",
      "The policy service alone needs DATABASE_URL: the embedded store has one owner.\nName the Postgres of the process that signs, or serve devices by it alone (npm start).",
    );
  }
  const face = await openHttpFace(options.host, options.port);
  const port = boundPort(face.server);
  const baseUrl = options.baseUrl ?? `http://localhost:${port}`;
  const onWaiting = (what: "schema" | "platform") =>
    say(
      "waiting",
      `Waiting for the ${what}: start the process that signs ("npm start") of this version on this store.`,
      {
        what,
      },
    );
  const overload = createOverload(stderrLogger);
  const opened = await openLeanProcess(options, baseUrl, {
    source: postgresSource(databaseUrl, { main: 1, ingest: 1 }, options.env.BULKHEAD_POSTGRES_CONNECTIONS),
    onWaiting,
    queuePorts: { onRefused: overload.noteRefusal },
  }).catch(async (error: unknown) => {
    await face.close(0);
    throw error;
  });
  const { context, ingest, submissions } = opened;
  const addresses = createClientAddresses(options.trustedProxies, context.logger);
  const requests = createRequestLog(context);
  const main = watchMainThread();
  const threads = () => [main.figures(), ingest.thread()];
  const queues = () => [ingest.queue(), submissions.figures(), opened.runtime.streamFigures()];
  const checks = [
    ...leanChecks(context.store, context),
    addresses.check,
    bundleCheck(context.store, context.bundles),
    ingestThread(ingest.thread),
    lag(threads),
    admission(queues),
  ];
  const readiness = createReadiness(checks, { ...context, threads, queues });
  const lean = createLeanApi(context, opened.runtime, leanRouteTable, { readiness }, submissions);
  face.serve(createNodeHandler(context, lean, null, { addresses, requests }));
  stopOnSignal(context.logger, {
    withinMs: STOP_MS,
    async stop() {
      opened.runtime.close();
      await face.close(REQUESTS_MS);
      await opened.close();
      requests.close();
      overload.close();
    },
    cut: () => context.store.close(),
  });
  await ingest.firstUp;
  say("listening", `Bulkhead's policy service listens on ${baseUrl}`, { url: baseUrl, port });
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
