import { ensureSetupLink } from "@/lib/auth/accept-link";
import { CLIENT_ADDRESS_HEADER } from "@/lib/auth/client-origin";
import { readSession } from "@/lib/auth/session-reader";
import { hasPermission } from "@/lib/domain/roles";
import { provideServices } from "@/lib/services/context";
import { prepareDemoPeople } from "@/lib/services/people/prepare-demo-people";
import { createConsoleStreams } from "./console-stream";
import { failOptions, failStart } from "./fail-start";
import { startHousekeeping } from "./housekeeping";
import { boundPort, createNodeHandler, type NodeHandler, type OtherHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { prepareNext } from "./next-face";
import { openProcess } from "./open-process";
import { consoleStreamRoute } from "./plain-routes";
import { projectRoot } from "./project-root";
import { createRequestLog } from "./requests/request-log";
import { routeTable } from "./route-table";
import { createSay } from "./say";
import { readServerOptions, type ServerOptions } from "./server-options";
import { stopOnSignal } from "./stop-on-signal";

/** Everything is over within this time of a signal (the open requests get half of it). */
const STOP_MS = 5_000;

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
  // Before Next is prepared: its own copies of `lib/` find the store and the context that this process opened.
  provideServices(context);
  // next-auth takes its own origin from here alone, whatever name a request was sent to.
  process.env.AUTH_URL ??= baseUrl;
  process.env.NEXT_TELEMETRY_DISABLED ??= "1";
  const pages = await prepareNext({ dev: options.isNextDev, dir: projectRoot(), port, server: face.server });
  const streams = createConsoleStreams(context);
  const lean = createLeanApi(context, opened.runtime, routeTable, {
    readiness: context.readiness,
    async mayRead({ headers }) {
      const person = await readSession(context, headers.get("cookie"));
      return person !== null && hasPermission(person.role, "console.read");
    },
  });
  lean.streams.set(consoleStreamRoute.path, streams.open);
  const requests = createRequestLog(context);
  face.serve(createNodeHandler(context, lean, withAddress(pages.handler), { addresses: opened.addresses, requests }));
  const stopHousekeeping = startHousekeeping(context, opened.folder.dir, opened.jobs);

  stopOnSignal(context.logger, {
    withinMs: STOP_MS,
    async stop() {
      streams.close();
      opened.runtime.close();
      // Together: a job that hangs takes nothing of the time that open requests have.
      await Promise.all([stopHousekeeping(), face.close(STOP_MS / 2)]);
      await pages.close();
      await opened.close();
      requests.close();
    },
    cut: () => context.store.close(),
  });
  for (const warning of opened.warnings) say("warning", `Warning: ${warning}`, { warning });
  if (context.config.isDevelopmentStore) {
    const links = await prepareDemoPeople(context);
    const lines = links.map(({ role, name, url }) => `  ${role.padEnd(10)} ${name.padEnd(16)} ${url}`).join("\n");
    // Whoever starts this process for a demo signs in too, and must not use up the links of the people.
    const ownLinks = options.json ? await prepareDemoPeople(context) : [];
    say("sign_in_links", `Development store. Sign in by one of these links, each good once:\n${lines}`, {
      links,
      ownLinks,
    });
  }
  const setupLink = await ensureSetupLink(context);
  if (setupLink !== null) {
    say("setup_link", `Set up this platform (once, within 24 hours):\n  ${setupLink}`, { url: setupLink });
  }
  say("listening", `Bulkhead listens on ${baseUrl}`, { url: baseUrl, port, environment: context.config.environment });
}

/** Replaces whatever a client called itself: sign-in is throttled by it. */
function withAddress(handler: NodeHandler): OtherHandler {
  return (request, response, { from }) => {
    request.headers[CLIENT_ADDRESS_HEADER] = from;
    return handler(request, response);
  };
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
