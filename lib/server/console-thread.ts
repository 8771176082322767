import { once } from "node:events";
import { createServer } from "node:http";
import { type MessagePort, workerData } from "node:worker_threads";
import { ensureSetupLink } from "@/lib/auth/accept-link";
import { readSession } from "@/lib/auth/session-reader";
import type { Readiness } from "@/lib/contracts/readiness";
import { hasPermission } from "@/lib/domain/roles";
import { refuseNode } from "@/lib/http/refuse-node";
import { AppError } from "@/lib/platform/errors";
import { explainStartFailure, type StartFailure } from "@/lib/platform/explain-start-failure";
import { stderrLogger } from "@/lib/platform/logger";
import { provideServices } from "@/lib/services/context";
import { prepareDemoPeople } from "@/lib/services/people/prepare-demo-people";
import { compileFirstPage } from "./compile-first-page";
import { createConsoleStreams } from "./console-stream";
import { startHousekeeping } from "./housekeeping";
import { prepareNext } from "./next-face";
import { type GivenStore, openProcess } from "./open-process";
import { consoleStreamRoute } from "./plain-routes";
import { projectRoot } from "./project-root";
import { mergeReadiness } from "./readiness/merge-readiness";
import type { ServerOptions } from "./server-options";
import { answerHost } from "./threads/answer-host";
import type { Line } from "./threads/line";
import type { HostCalls, ThreadCalls } from "./threads/supervise-thread";

/** What the console's thread is started with. */
export type ConsoleThreadData = {
  options: ServerOptions;
  baseUrl: string;
  /** The port that people reach, and the socket that this thread answers at. */
  port: number;
  socketPath: string;
  /** Tells a `GivenStore`, once, as soon as the store is open. */
  store: MessagePort;
  /** Where it is not the first start, nobody is told links again. */
  isFirst: boolean;
};

/** What the thread is asked. */
export type ConsoleCalls = ThreadCalls & {
  /** What it found of its own; the other side adds what it found. */
  readiness(input: null): Promise<Readiness>;
  /** Whether whoever has this cookie may read what readiness found. */
  mayRead(cookie: string | null): Promise<boolean>;
};

/** What it tells and asks the thread that started it. */
export type ConsoleHostCalls = HostCalls & {
  say(said: { event: string; text: string; fields: Record<string, unknown> }): Promise<null>;
  /** The store is migrated, and platform, keys and root keys are there. */
  opened(input: null): Promise<null>;
  failed(failure: StartFailure): Promise<null>;
  mainReadiness(input: null): Promise<Readiness>;
};

const REQUESTS_MS = 500;

/**
 * The console: pages, people's calls and streams, keys and what is signed with them, and what the server does by itself.
 * It answers at a socket of its own, which the thread in front hands people's requests on to.
 */
async function run(data: ConsoleThreadData, line: () => Line<ConsoleHostCalls>, own: Parts): Promise<void> {
  const { options, baseUrl, port, socketPath, isFirst } = data;
  const logger = stderrLogger;
  const say = (event: string, text: string, fields: Record<string, unknown>) =>
    line().ask("say", { event, text, fields });
  // next-auth takes its own origin from here alone, whatever name a request was sent to.
  process.env.AUTH_URL ??= baseUrl;
  process.env.NEXT_TELEMETRY_DISABLED ??= "1";
  const server = createServer();
  // The thread in front keeps its connections; one that was closed here while it writes would cost somebody an answer.
  server.keepAliveTimeout = 0;
  // While the store opens. Nobody is answered before the services are there: this thread is not up until then.
  const preparing = prepareNext({ dev: options.isNextDev, dir: projectRoot(), port, server });
  const arriving = once(data.store, "message");
  // Of both that may fail, the store is told first.
  preparing.catch(() => undefined);
  if (options.isNextDev) {
    Promise.all([preparing, arriving])
      .then(([{ handler }]) => compileFirstPage(handler, `${socketPath}-first`))
      .catch((error: unknown) => logger("warn", "first_page_not_compiled", { error }));
  }
  const [given] = (await arriving) as [GivenStore];
  const opened = await openProcess(options, baseUrl, { given });
  own.close.push(() => opened.close());
  const ownReadiness = opened.context.readiness;
  const context = {
    ...opened.context,
    readiness: {
      // Whoever looks at a page of this process sees all of it.
      async read() {
        const [here, there] = await Promise.all([ownReadiness.read(), line().ask("mainReadiness", null)]);
        return mergeReadiness(here, there);
      },
    },
  };
  own.readiness = () => ownReadiness.read();
  own.mayRead = async (cookie) => {
    const person = await readSession({ ...context, store: context.store.in("sign-in") }, cookie);
    return person !== null && hasPermission(person.role, "console.read");
  };
  await line().ask("opened", null);
  // Next's own copies of `lib/` find the store and the context that this thread opened.
  provideServices(context);
  const pages = await preparing;
  const streams = createConsoleStreams(context);
  server.on("request", (request, response) => {
    response.on("error", () => undefined);
    const path = request.url?.split("?", 1)[0];
    if (path === consoleStreamRoute.path && request.method === "GET") void streams.open(request, response);
    else if (path === consoleStreamRoute.path) {
      const refusal = new AppError("method_not_allowed", "A stream is read by GET.");
      void refuseNode(response, refusal, { ...context, headers: { allow: "GET" } });
    } else void pages.handler(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  const stopHousekeeping = startHousekeeping(context, opened.folder.dir, opened.jobs);
  own.close.push(async () => {
    streams.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    setTimeout(() => server.closeAllConnections(), REQUESTS_MS);
    await Promise.all([stopHousekeeping(), closed]);
    await pages.close();
  });

  for (const warning of opened.warnings) {
    if (isFirst) await say("warning", `Warning: ${warning}`, { warning });
    else logger("warn", "console_start_warning", { warning });
  }
  if (!isFirst) return;
  if (context.config.isDevelopmentStore) {
    const links = await prepareDemoPeople(context);
    const lines = links.map(({ role, name, url }) => `  ${role.padEnd(10)} ${name.padEnd(16)} ${url}`).join("\n");
    // Whoever starts this process for a demo signs in too, and must not use up the links of the people.
    const ownLinks = options.json ? await prepareDemoPeople(context) : [];
    await say("sign_in_links", `Development store. Sign in by one of these links, each good once:\n${lines}`, {
      links,
      ownLinks,
    });
  }
  const setupLink = await ensureSetupLink(context);
  if (setupLink !== null) {
    await say("setup_link", `Set up this platform (once, within 24 hours):\n  ${setupLink}`, { url: setupLink });
  }
}

/** What the thread is asked, filled in as it opens, and what is to be closed, last first. */
type Parts = Omit<ConsoleCalls, keyof ThreadCalls> & { close: (() => Promise<void>)[] };

const notYet = () => Promise.reject(new Error("the console is not open yet"));
const parts: Parts = { readiness: notYet, mayRead: notYet, close: [] };
const host = answerHost<ConsoleCalls, ConsoleHostCalls>(
  { readiness: () => parts.readiness(null), mayRead: (cookie) => parts.mayRead(cookie) },
  stderrLogger,
  async () => {
    for (const close of parts.close.reverse()) await close();
  },
);
// Next clones the body of a request for `proxy.ts`, and where the sender gives up, the clone's error has no listener:
// anybody could end the thread by hanging up. The request is over and left no state behind.
process.on("uncaughtException", (error) => {
  const isAbandoned = error.message === "aborted" && "code" in error && error.code === "ECONNRESET";
  if (isAbandoned) return;
  stderrLogger("error", "uncaught_exception", { thread: "console", error });
  process.exit(1);
});
try {
  // Safe: `startConsoleThread` alone starts this file.
  await run(workerData as ConsoleThreadData, () => host.line, parts);
  await host.up();
} catch (error) {
  await host.line.ask("failed", explainStartFailure(error));
  process.exit(1);
}
