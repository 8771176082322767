import { AppError } from "@/lib/platform/errors";
import { createClientAddresses } from "./client-address";
import { failOptions, failStart } from "./fail-start";
import { boundPort, createNodeHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { openLeanProcess } from "./open-lean-process";
import { createReadiness } from "./readiness/create-readiness";
import { leanChecks } from "./readiness/lean-checks";
import { leanRouteTable } from "./route-table";
import { createSay } from "./say";
import { readServerOptions, type ServerOptions } from "./server-options";
import { stopOnSignal } from "./stop-on-signal";

const STOP_MS = 5_000;

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
  const opened = await openLeanProcess({ ...options, databaseUrl }, baseUrl, onWaiting).catch(
    async (error: unknown) => {
      await face.close(0);
      throw error;
    },
  );
  const { context } = opened;
  const addresses = createClientAddresses(options.trustedProxies, context.logger);
  const readiness = createReadiness([...leanChecks(context.store, context), addresses.check], context);
  const lean = createLeanApi(context, opened.runtime, leanRouteTable, { readiness });
  face.serve(createNodeHandler(context, lean, null, addresses));
  stopOnSignal(context.logger, {
    withinMs: STOP_MS,
    async stop() {
      opened.runtime.close();
      await face.close(STOP_MS / 2);
      await opened.close();
    },
    cut: () => context.store.close(),
  });
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
