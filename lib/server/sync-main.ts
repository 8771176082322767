import { isAppError } from "@/lib/platform/errors";
import { startHousekeeping } from "./housekeeping";
import { boundPort, createNodeHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { openProcess } from "./open-process";
import { leanRouteTable } from "./route-table";
import { createSay } from "./say";
import { readServerOptions, type ServerOptions, USAGE } from "./server-options";
import { stopOnSignal } from "./stop-on-signal";

const STOP_MS = 5_000;

/** Devices and publishers' tools alone, beside other processes on one Postgres; without Next and without pages. */
async function run(options: ServerOptions): Promise<void> {
  const say = createSay(options.json);
  const face = await openHttpFace(options.host, options.port);
  const port = boundPort(face.server);
  const baseUrl = options.baseUrl ?? `http://localhost:${port}`;
  const opened = await openProcess(options, baseUrl).catch(async (error: unknown) => {
    await face.close(0);
    throw error;
  });
  const { context } = opened;
  face.serve(
    createNodeHandler(context, createLeanApi(context, opened.runtime, leanRouteTable), null, options.trustedProxies),
  );
  const stopHousekeeping = startHousekeeping(context, opened.keysDir);
  stopOnSignal(context.logger, STOP_MS, async () => {
    await stopHousekeeping();
    opened.runtime.close();
    await face.close(STOP_MS / 2);
    await opened.close();
  });
  for (const warning of opened.warnings) say("warning", `Warning: ${warning}`, { warning });
  say("listening", `Bulkhead's policy service listens on ${baseUrl}`, { url: baseUrl, port });
}

const parsed = readServerOptions(process.argv.slice(2), process.env);
if (!parsed.ok) {
  process.stderr.write(parsed.isHelp === true ? USAGE : `${parsed.problems.join("\n")}\n\n${USAGE}`);
  process.exitCode = parsed.isHelp === true ? 0 : 1;
} else if (parsed.options.databaseUrl === null) {
  process.stderr.write("The policy service alone needs DATABASE_URL: the embedded store has one owner.\n");
  process.exitCode = 1;
} else {
  run(parsed.options).catch((error: unknown) => {
    process.stderr.write(`${isAppError(error) ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exit(1);
  });
}
