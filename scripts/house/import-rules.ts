/**
 * Which room may import which (docs/architecture.md has it as a table, and is compared with this). A file belongs to the
 * first room whose prefix it has; an import of ours must be in one of the room's `may` prefixes, and packages named in
 * `never` are refused. Inside a room its parts, the folders and files that lie in it directly, import each other in no
 * circle, and in the room's `order` where it has one. Tests are held to the rooms alone.
 */
export type Room = {
  room: string;
  /** In a few words, for the table. */
  is: string;
  /** Path prefixes, from the project's root. */
  files: readonly string[];
  may: readonly string[];
  /** Packages that this room must not import: a name, or a prefix that ends in `/` or `:`. */
  never?: readonly string[];
  /** Files of this room for which a package of `never` is allowed after all. */
  except?: readonly { file: string; packages: readonly string[] }[];
  /**
   * Lines of parts, the lowest first: a part may import the lines before its own, so the parts of one line know nothing
   * of each other. Folders end in `/`; files have no ending; `*` is every part that is not named.
   */
  order?: readonly (readonly string[])[];
  /** Folders of this room whose insides are known to the files under these prefixes alone. */
  closed?: readonly { folder: string; to: readonly string[] }[];
};

export const NODE = ["node:"] as const;
export const WEB = ["next", "next/", "react", "react/", "react-dom", "react-dom/"] as const;
export const STORE = ["drizzle-orm", "drizzle-orm/", "pg", "@electric-sql/pglite"] as const;
const PURE_CORE = ["native/core/", "native/catalog/"] as const;

export const ROOMS: readonly Room[] = [
  {
    room: "native/core",
    is: "what every runtime decides, in TypeScript: documents, hosts, calls, limits, bundles",
    files: ["native/core/"],
    may: PURE_CORE,
    never: [...NODE, ...WEB, ...STORE, "hono"],
  },
  {
    room: "native/node",
    is: "what Node's own library needs around it, for services and hosts alike",
    files: ["native/node/"],
    may: ["native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE, "hono"],
  },
  {
    room: "native/host",
    is: "the Linux and desktop runtime",
    files: ["native/host/"],
    may: ["native/host/", "native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE, "hono"],
    order: [
      ["api/"],
      ["ports"],
      ["build/", "state/", "storage/", "egress/"],
      ["bridge/", "sync/"],
      ["engines/", "device/"],
      ["confinement/"],
      ["monitor/"],
      ["runtime/"],
      ["program/"],
      ["library/"],
      ["commands"],
      ["exit-codes"],
      ["main"],
    ],
    // The rest of the host speaks to engines through `engines/engine.ts`, whichever they are.
    closed: [
      {
        folder: "native/host/engines/script/",
        to: ["native/host/engines/", "native/cli/lint-script.ts", "e2e/faults/channel-fuzz.fault.ts", "bench/"],
      },
    ],
  },
  {
    room: "native/cli",
    is: "`npx bulkhead`",
    files: ["native/cli/"],
    may: ["native/cli/", "native/host/", "native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE, "hono"],
  },
  {
    room: "native/vectors",
    is: "what every runtime is held to",
    files: ["native/vectors/"],
    may: ["native/vectors/", "native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE],
  },
  {
    room: "native/spec",
    is: "the schemas of the specification",
    files: ["native/spec/"],
    may: ["native/spec/", ...PURE_CORE],
    never: [...WEB, ...STORE],
  },
  {
    room: "native/catalog",
    is: "the capabilities, as data",
    files: ["native/catalog/"],
    may: PURE_CORE,
    never: [...WEB, ...STORE],
  },
  {
    room: "lib/domain",
    is: "what is true: kinds of members, what narrows, who may",
    files: ["lib/domain/"],
    may: ["lib/domain/", ...PURE_CORE],
    never: [...NODE, ...WEB, ...STORE],
  },
  {
    room: "lib/platform",
    is: "clock, ids, errors, environment, logger",
    files: ["lib/platform/"],
    may: ["lib/platform/"],
    never: [...WEB, ...STORE],
  },
  {
    room: "lib/format",
    is: "values as people read them",
    files: ["lib/format/"],
    may: ["lib/format/"],
    never: [...NODE, ...WEB, ...STORE],
  },
  {
    room: "lib/contracts",
    is: "the shapes that cross the console's boundary",
    files: ["lib/contracts/"],
    may: ["lib/contracts/", "lib/domain/", ...PURE_CORE],
    never: [...NODE, ...WEB, ...STORE],
  },
  {
    room: "lib/http",
    is: "the route table and what stands around a handler",
    files: ["lib/http/"],
    may: ["lib/http/", "lib/contracts/", "lib/platform/"],
    never: [...WEB, ...STORE],
  },
  {
    room: "lib/audit",
    is: "what was done, by whom, never changed",
    files: ["lib/audit/"],
    may: ["lib/audit/", "native/node/", "db/", "lib/domain/", "lib/platform/", ...PURE_CORE],
    never: WEB,
  },
  {
    room: "lib/auth",
    is: "who somebody is",
    files: ["lib/auth/"],
    may: ["lib/auth/", "lib/audit/", "db/", "lib/domain/", "lib/platform/"],
    never: WEB,
    except: [{ file: "lib/auth/actor.ts", packages: ["next/", "react"] }],
  },
  {
    room: "db",
    is: "what is stored, and how it survives",
    files: ["db/"],
    may: ["db/", "lib/platform/", "lib/domain/", ...PURE_CORE],
    never: [...WEB, "hono"],
  },
  {
    room: "lib/sync",
    is: "what leaves the building: documents, keys, devices, telemetry",
    files: ["lib/sync/"],
    may: [
      "lib/sync/",
      "native/node/",
      ...PURE_CORE,
      "lib/domain/",
      "lib/contracts/",
      "db/",
      "lib/audit/",
      "lib/http/",
      "lib/platform/",
    ],
    never: WEB,
    order: [
      ["current-keyset", "gathered-reading", "public-suffixes", "signer"],
      ["trust/"],
      ["heads/"],
      ["context"],
      ["clock/", "continuity/", "keys/"],
      ["documents/", "telemetry/"],
      ["publish-documents", "runtime/"],
      ["resign-documents"],
      ["keyset/"],
      ["ceremony/"],
    ],
  },
  {
    room: "lib/services",
    is: "what may be done, a verb a file",
    files: ["lib/services/"],
    may: [
      "lib/services/",
      "native/node/",
      ...PURE_CORE,
      "lib/domain/",
      "lib/contracts/",
      "db/",
      "lib/audit/",
      "lib/auth/",
      "lib/platform/",
      "lib/sync/",
    ],
    never: [...WEB, "hono"],
    order: [
      ["context", "require-permission", "paging"],
      ["members/", "devices/", "measures/"],
      ["change-sets/"],
      ["*"],
      ["denials/"],
      ["overview/", "search/"],
      ["portal/", "publishers/"],
    ],
  },
  {
    room: "lib/server",
    is: "the process: opens the store once and answers",
    files: ["lib/server/"],
    may: [
      "lib/server/",
      "lib/sync/",
      "lib/services/",
      "db/",
      "lib/auth/",
      "lib/audit/",
      "lib/http/",
      "lib/contracts/",
      "lib/domain/",
      "lib/format/",
      "lib/platform/",
      "native/node/",
      ...PURE_CORE,
    ],
    never: WEB,
    except: [{ file: "lib/server/next-face.ts", packages: ["next"] }],
  },
  {
    room: "lib/queries",
    is: "what the browser asks for",
    files: ["lib/queries/"],
    may: ["lib/queries/", "lib/contracts/", "lib/http/", "lib/domain/"],
    never: [...NODE, ...STORE, "next", "next/"],
  },
  {
    room: "components/ui",
    is: "primitives",
    files: ["components/ui/"],
    may: ["components/ui/", "lib/format/"],
    never: [...NODE, ...STORE],
  },
  {
    room: "components/blocks",
    is: "composed of them, knowing nothing of programs or policy",
    files: ["components/blocks/"],
    may: ["components/blocks/", "components/ui/", "lib/format/"],
    never: [...NODE, ...STORE],
  },
  {
    room: "components/features",
    is: "what more than one page shows of one thing",
    files: ["components/features/"],
    may: [
      "components/features/",
      "components/blocks/",
      "components/ui/",
      "lib/format/",
      "lib/contracts/",
      "lib/queries/",
      "lib/http/console-client",
      "lib/domain/",
      ...PURE_CORE,
    ],
    never: [...NODE, ...STORE],
    // Every feature decides through change sets; the frame around every page composes what the others offer.
    order: [["measures/"], ["change-sets/", "publishers/"], ["*"], ["frame/"], ["portal/"]],
  },
  {
    room: "app",
    is: "pages and route handlers",
    files: ["app/", "proxy.ts", "instrumentation.ts", "instrumentation-client.ts"],
    may: [
      "app/",
      "components/",
      "lib/queries/",
      "lib/contracts/",
      "lib/domain/",
      "lib/format/",
      "lib/services/",
      "lib/http/",
      "lib/auth/",
      "lib/platform/",
      ...PURE_CORE,
    ],
    never: STORE,
  },
  {
    room: "scripts/demo/history",
    is: "the demo's past, made by the services alone",
    files: ["scripts/demo/history/"],
    may: ["scripts/demo/", "lib/", "native/"],
    never: [...WEB, ...STORE],
  },
  {
    room: "tools",
    is: "what starts, measures and tries all of it from outside",
    files: ["bench/", "e2e/", "scripts/"],
    may: ["bench/", "e2e/", "scripts/", "db/", "lib/", "native/", "components/"],
  },
];
