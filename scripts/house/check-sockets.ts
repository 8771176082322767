import { codeOf, importsOf, isTest } from "./read-imports";

/** What speaks to the network, or to another process by a socket: packages, with and without `node:`, and globals. */
const PACKAGES = ["net", "tls", "http", "https", "http2", "dgram", "dns", "dns/promises", "undici"] as const;
const GLOBALS = ["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "sendBeacon"] as const;
type Way = (typeof PACKAGES)[number] | (typeof GLOBALS)[number];

/** A file, or a folder that ends in `/`, that may do it, and what for. */
export type SocketRule = { at: string; ways: readonly Way[]; why: string };

/** Who may open a socket. Whatever else needs the network is handed one of these. Tests may do as they like. */
export const SOCKET_RULES: readonly SocketRule[] = [
  {
    at: "native/host/egress/",
    ways: ["net", "tls", "http", "dns/promises"],
    why: "the one way out for programs, behind every decision",
  },
  { at: "native/host/sync/http-transport.ts", ways: ["http", "https"], why: "the host's own calls to its platform" },
  { at: "native/host/state/data-directory-lock.ts", ways: ["net"], why: "holds a data directory by a local socket" },
  { at: "native/host/engines/script/engine-child.ts", ways: ["net"], why: "speaks to its host over an inherited pipe" },
  { at: "native/host/confinement/sandbox-users.ts", ways: ["net"], why: "holds a sandbox's user by a local socket" },
  { at: "native/host/confinement/probe-child.ts", ways: ["net", "dgram"], why: "tries what confinement must refuse" },
  { at: "native/cli/process-context.ts", ways: ["fetch"], why: "hands the command line its calls to the platform" },
  { at: "lib/server/http-face.ts", ways: ["http"], why: "the one listener that others reach" },
  {
    at: "lib/server/console-thread.ts",
    ways: ["http"],
    why: "listens for the listener alone, at a private local socket",
  },
  {
    at: "lib/server/compile-first-page.ts",
    ways: ["http"],
    why: "asks Next's development server for a page, by a socket of its own",
  },
  { at: "lib/server/forward-to-console.ts", ways: ["http"], why: "hands people's requests on to that socket" },
  { at: "lib/server/client-address.ts", ways: ["net"], why: "reads an address and opens nothing" },
  { at: "lib/http/console-client.ts", ways: ["fetch"], why: "the browser's calls to the console" },
  { at: "components/features/frame/use-stream.ts", ways: ["EventSource"], why: "the browser's stream of the console" },
  { at: "db/lock/acquire-lock.ts", ways: ["net"], why: "holds a data folder by a local socket, and asks who has it" },
  { at: "db/postgres/connect.ts", ways: ["net"], why: "the connection to Postgres, which must be possible to cut" },
  { at: "scripts/client/", ways: ["fetch"], why: "drives a console from outside, as a person's browser does" },
  { at: "scripts/demo/", ways: ["net", "https", "fetch"], why: "serves and feeds the demonstration" },
  { at: "bench/", ways: ["net", "http", "fetch"], why: "measures processes from outside" },
  { at: "e2e/", ways: ["net", "http", "fetch"], why: "tries processes from outside" },
];

const TYPE_IMPORT = /\b(?:import|export)\s+type\s[^"';]*?\sfrom\s+["'][^"']+["']/g;

/** The ways to the network that a source text uses itself; what it is handed, and types, do not count. */
export function socketsOf(source: string): Way[] {
  const code = codeOf(source)
    .replace(TYPE_IMPORT, "")
    .replace(/\btypeof\s+globalThis\.\w+/g, "");
  const imported = new Set(importsOf(code).map((specifier) => specifier.replace(/^node:/, "")));
  return [
    ...PACKAGES.filter((name) => imported.has(name)),
    ...GLOBALS.filter((name) => {
      const own = `(?:(?:globalThis|window|self|navigator)\\.)`;
      // Called, made anew, or passed on; a member of something else or a word of a text is neither.
      return new RegExp(`${own}${name}\\b|(?<![\\w.$"'\`-])${name}\\s*\\(|[=(,:]\\s*${name}\\s*[,;)}\\n]`).test(code);
    }),
  ];
}

/** Sockets opened where no rule names them, and rules that nothing needs any more. */
export function checkSockets(
  sources: readonly { file: string; source: string }[],
  rules: readonly SocketRule[] = SOCKET_RULES,
): string[] {
  const needed = new Set<string>();
  const faults = sources.flatMap(({ file, source }) => {
    if (isTest(file)) return [];
    const rule = rules.find(({ at }) => (at.endsWith("/") ? file.startsWith(at) : file === at));
    return socketsOf(source).flatMap((way) => {
      if (rule?.ways.includes(way) !== true)
        return [`${file}: uses ${way}: sockets are opened where SOCKET_RULES says`];
      needed.add(`${rule.at} ${way}`);
      return [];
    });
  });
  const idle = rules.flatMap(({ at, ways }) => ways.map((way) => `${at} ${way}`)).filter((name) => !needed.has(name));
  return [...faults, ...idle.map((name) => `SOCKET_RULES: nothing needs ${name}`)];
}
