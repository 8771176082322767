import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { SessionView } from "@/lib/contracts/people";
import { createDevelopmentAuthority } from "@/native/host/egress/development-certificates";
import { buildPages, buildPast, buildPrograms } from "../build";
import { type Child, startChild } from "../client/child";
import { openConsoleSession } from "../client/console-session";
import { type LeftOut, leftOutAtStart, tellLeftOut } from "../setup/left-out";
import { missingLayers, startHost, tellMissing } from "./host";
import { SAMPLES, UPSTREAM_HOSTS } from "./samples";
import { type SeedSessions, seedSamples } from "./seed";
import { startUpstreams, type Upstreams } from "./upstreams";

/**
 * The whole loop on one machine: console and policy service, one enrolled host with three sample programs, and the
 * HTTPS hosts that they speak to, beside a past of two weeks, which the first start makes. `--json` writes one line an
 * event instead of text, and `--no-past` leaves that past out, for the tests. `--dev` serves the pages by Next's
 * development server, which shows each change of them at once, and builds none; it makes a past where `--past` asks.
 */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4180" },
    data: { type: "string", default: ".bulkhead/demo" },
    json: { type: "boolean", default: false },
    dev: { type: "boolean", default: false },
    past: { type: "boolean", default: false },
    "no-past": { type: "boolean", default: false },
  },
});
const root = process.cwd();
const dataDir = resolve(values.data);

const tell = (event: string, fields: Record<string, unknown>, text: string) => {
  process.stdout.write(values.json ? `${JSON.stringify({ event, ...fields })}\n` : `${text}\n`);
};
const say = (text: string) => tell("progress", { text }, text);

type DemoLink = { role: string; name: string; url: string };

const running: { past?: Child; child?: Child; host?: Child; upstreams?: Upstreams; isStopping: boolean } = {
  isStopping: false,
};

/** Ends the build of the pages, which nobody waits for any more. */
const building = new AbortController();

/** Ends everything in the order in which it depends on each other; a second Ctrl-C changes nothing. */
async function stop(code: number): Promise<void> {
  if (running.isStopping) return;
  running.isStopping = true;
  if (!values.json) process.stdout.write("\nStopping …\n");
  building.abort();
  await running.past?.stop();
  await running.host?.stop();
  await running.child?.stop();
  await running.upstreams?.close();
  process.exit(code);
}

/** Half a loop shows nothing: where one of the processes ends by itself, that is said, and the others end too. */
function stopWith(child: Child, name: string): void {
  child.ended.then((code) => {
    if (running.isStopping) return;
    process.stderr.write(`The ${name} ended with ${code}.\n`);
    stop(1).catch(() => process.exit(1));
  });
}

async function main(): Promise<void> {
  const port = await freePort(Number(values.port));
  if (existsSync(dataDir) && !statSync(dataDir).isDirectory()) {
    throw new Error(`${dataDir} is no folder. Choose another: npm run demo -- --data DIR`);
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await buildPrograms(root);
  await Promise.all([values.dev ? undefined : buildPages(root, say, building.signal), makePast()]);
  if (running.isStopping) return;

  say("Console: starting …");
  const server = startChild(
    "dist/server.mjs",
    [
      "--port",
      String(port),
      "--data",
      join(dataDir, "console"),
      "--development",
      "--json",
      ...(values.dev ? ["--dev"] : []),
    ],
    {
      cwd: root,
      // An optimised store costs more at a first start than a developer's few reads will ever save.
      nodeArgs: values.dev ? ["--liftoff-only"] : [],
      env: { ...process.env, BULKHEAD_PLATFORM_ID: "harbor", BULKHEAD_PLATFORM_NAME: "Harbor" },
      say: (text) => process.stderr.write(`${text}\n`),
    },
  );
  running.child = server;
  stopWith(server, "console");
  const { links, ownLinks } = (await server.waitFor("sign_in_links")) as { links: DemoLink[]; ownLinks: DemoLink[] };
  const { url } = (await server.waitFor("listening")) as { url: string };
  if (values.dev) {
    const first = linkOf(links, "operator").url;
    // Compiled alone, before the samples ask for other routes: nobody waits for the first page longer than for it.
    await (await fetch(first)).text();
    say(`Console: ${url}, its samples follow. Sign in as operator: ${first}`);
  }

  const authority = demoAuthority();
  const certificate = authority.issue({ names: UPSTREAM_HOSTS });
  const upstreams = await startUpstreams({ keyPem: certificate.privateKeyPem, certificatePem: certificate.chainPem });
  running.upstreams = upstreams;

  const sessions = await openSessions(url, ownLinks);
  try {
    await seedSamples({ root, dataDir, baseUrl: url, sessions, say });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The samples could not be made: ${said}\nWhere an earlier start was ended half-way, remove ${dataDir}, or name another folder by --data.`,
    );
  }
  say("Host: starting …");
  const missing = await missingLayers();
  const host = await startHost({
    root,
    dataDir: join(dataDir, "host"),
    operator: sessions.operator,
    appIds: SAMPLES.map((sample) => sample.appId),
    developmentHosts: UPSTREAM_HOSTS.map((name) => ({
      host: name,
      address: "127.0.0.1",
      port: upstreams.port,
      certificateAuthorityPem: authority.certificatePem,
    })),
    missing,
    say: (text) => process.stderr.write(`${text}\n`),
    onProgram: (line) => tell("program", line, `${line.appId}: ${line.state}`),
  });
  running.host = host;
  stopWith(host, "host");
  const atStart = leftOutAtStart(process.env);
  const { seededUntil } = await sessions.operator.get<SessionView>("session");
  const leftOut = missing.length === 0 ? atStart : tellMissing(missing, atStart);
  announce({ url, links, host, leftOut, hasPast: seededUntil !== null });
}

function linkOf(links: readonly DemoLink[], role: string): DemoLink {
  const link = links.find((candidate) => candidate.role === role);
  if (link === undefined) throw new Error(`the console made no link for ${role}`);
  return link;
}

/** Two weeks of a dozen programs, made once, beside the build; a store that is there already is left as it is. */
async function makePast(): Promise<void> {
  const store = join(dataDir, "console");
  const isWished = values.dev ? values.past : !values["no-past"];
  if (!isWished || existsSync(store)) return;
  say("The past: two weeks of twelve programs, made once …");
  await buildPast(root);
  const past = startChild(
    "dist/demo-past.mjs",
    ["--data", store, "--keys", join(dataDir, "publishers"), "--platform", "harbor", "--name", "Harbor"],
    {
      cwd: root,
      // It makes much and keeps little: with more room for what is new it collects less often.
      nodeArgs: ["--max-semi-space-size=64"],
      say: (text) => process.stderr.write(`${text}\n`),
      onLine: (line) => {
        if (line.event === "past") say(String(line.text));
      },
    },
  );
  running.past = past;
  await past.waitFor("made");
  await past.ended;
}

/** One sign-in for each part that the seed plays; the links that people use are others, and still unused. */
async function openSessions(baseUrl: string, links: DemoLink[]): Promise<SeedSessions> {
  const open = (role: string) =>
    openConsoleSession(baseUrl, { provider: "link", token: linkOf(links, role).url.split("/").at(-1) ?? "" });
  return { admin: await open("admin"), operator: await open("operator"), security: await open("security") };
}

/** The authority of the development hosts, kept so that a second start is trusted as the first was. */
function demoAuthority() {
  const paths = { certificate: join(dataDir, "development-ca.pem"), key: join(dataDir, "development-ca.key.pem") };
  const existing =
    existsSync(paths.certificate) && existsSync(paths.key)
      ? { certificatePem: readFileSync(paths.certificate, "utf8"), privateKeyPem: readFileSync(paths.key, "utf8") }
      : undefined;
  const authority = createDevelopmentAuthority({
    commonName: "Bulkhead demo",
    nowMs: Date.now(),
    randomBytes,
    ...(existing === undefined ? {} : { existing }),
  });
  writeFileSync(paths.certificate, authority.certificatePem);
  writeFileSync(paths.key, authority.privateKeyPem, { mode: 0o600 });
  return authority;
}

const PAST = [
  "",
  "The two weeks before were made for the demo, and pages say so: docs/guides/demo-story.md leads through them. Their tablets and",
  "kiosks are switched off, so a decision reaches the one device that runs.",
];

type Announced = { url: string; links: DemoLink[]; host: Child; leftOut: LeftOut[]; hasPast: boolean };

function announce({ url, links, host, leftOut, hasPast }: Announced): void {
  const lines = links.map(({ role, name, url: link }) => `  ${role.padEnd(10)} ${name.padEnd(16)} ${link}`);
  const text = [
    "",
    `Bulkhead runs at ${url}`,
    "Sign in with one of these links; each works once, and the console can switch person afterwards:",
    ...lines,
    "",
    "Try it: open Coin Rush as operator, see what was refused, propose cdn.coinrush.example, switch to security, approve,",
    "publish, and watch the same running program get through. Ctrl-C stops everything.",
    ...(hasPast ? PAST : []),
    "",
    tellLeftOut(leftOut),
  ].join("\n");
  const pids = { serverPid: running.child?.process.pid, hostPid: host.process.pid };
  tell("ready", { url, links, dataDir, ...pids, leftOut }, text);
}

/** The wished port, or a clear word that it is taken; 0 lets the system choose. */
async function freePort(wished: number): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once("error", () => reject(new Error(`Port ${wished} is taken. Choose another: npm run demo -- --port N`)));
    probe.listen(wished, "localhost", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : wished;
      probe.close(() => resolvePort(port));
    });
  });
}

// Whoever read its lines went away: what would be left running without a word is ended.
process.stdout.on("error", () => void stop(1));
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));
process.on("SIGHUP", () => void stop(0));
main().catch((error: unknown) => {
  // What was being waited for when it was told to stop did not come, and nobody asks for it any more.
  if (!running.isStopping) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  stop(1).catch(() => process.exit(1));
});
