/**
 * Which room may import which (docs/architecture.md has it as a table, and is compared with this). A file belongs to the
 * first room whose prefix it has; an import of ours must be in one of the room's `may` prefixes, and packages named in
 * `never` are refused. Inside a room its parts, the folders and files that lie in it directly, import each other in no
 * circle, and in the room's `order` where it has one. Tests are held to the rooms alone.
 */
export type Room = {
  room: string;
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
  /** Parts that import each other in a circle after all, and why that is right. */
  circles?: readonly { parts: readonly string[]; why: string }[];
};

const NODE = ["node:"] as const;
const WEB = ["next", "next/", "react", "react/", "react-dom", "react-dom/"] as const;
const STORE = ["drizzle-orm", "drizzle-orm/", "postgres", "@electric-sql/pglite"] as const;
const PURE_CORE = ["native/core/", "native/catalog/"] as const;

export const ROOMS: readonly Room[] = [
  { room: "native/core", files: ["native/core/"], may: PURE_CORE, never: [...NODE, ...WEB, ...STORE, "hono"] },
  { room: "native/node", files: ["native/node/"], may: ["native/node/"], never: [...WEB, ...STORE, "hono"] },
  {
    room: "native/host",
    files: ["native/host/"],
    may: ["native/host/", "native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE, "hono"],
    order: [
      ["ports"],
      ["state/", "storage/", "egress/"],
      ["bridge/", "sync/"],
      ["engines/", "telemetry/"],
      ["confinement/"],
      ["monitor/"],
      ["runtime/"],
      ["program/"],
      ["commands"],
      ["main"],
    ],
  },
  {
    room: "native/cli",
    files: ["native/cli/"],
    may: ["native/cli/", "native/host/", "native/node/", ...PURE_CORE],
    never: [...WEB, ...STORE, "hono"],
  },
  {
    room: "native/vectors",
    files: ["native/vectors/"],
    may: ["native/vectors/", ...PURE_CORE],
    never: [...WEB, ...STORE],
  },
  { room: "native/spec", files: ["native/spec/"], may: ["native/spec/", ...PURE_CORE], never: [...WEB, ...STORE] },
  { room: "native/catalog", files: ["native/catalog/"], may: PURE_CORE, never: [...WEB, ...STORE] },
  {
    room: "lib/domain",
    files: ["lib/domain/"],
    may: ["lib/domain/", ...PURE_CORE],
    never: [...NODE, ...WEB, ...STORE],
    circles: [
      {
        parts: ["kinds/", "member-keys", "narrowing/", "policy-state"],
        why: "a kind says what of it widens by a code of narrowing, and narrowing asks every kind",
      },
    ],
  },
  { room: "lib/platform", files: ["lib/platform/"], may: ["lib/platform/"], never: [...WEB, ...STORE] },
  { room: "lib/format", files: ["lib/format/"], may: ["lib/format/"], never: [...NODE, ...WEB, ...STORE] },
  {
    room: "lib/contracts",
    files: ["lib/contracts/"],
    may: ["lib/contracts/", "lib/domain/", ...PURE_CORE],
    never: [...NODE, ...WEB, ...STORE],
  },
  {
    room: "lib/http",
    files: ["lib/http/"],
    may: ["lib/http/", "lib/contracts/", "lib/platform/"],
    never: [...WEB, ...STORE],
  },
  {
    room: "lib/audit",
    files: ["lib/audit/"],
    may: ["lib/audit/", "db/", "lib/domain/", "lib/platform/", ...PURE_CORE],
    never: WEB,
  },
  {
    room: "lib/auth",
    files: ["lib/auth/"],
    may: ["lib/auth/", "lib/audit/", "db/", "lib/domain/", "lib/platform/"],
    never: WEB,
    except: [{ file: "lib/auth/actor.ts", packages: ["next/", "react"] }],
  },
  {
    room: "db",
    files: ["db/"],
    may: ["db/", "lib/platform/", "lib/domain/", ...PURE_CORE],
    never: [...WEB, "hono"],
  },
  {
    room: "lib/sync",
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
      ["current-keyset", "lock-platform", "public-suffixes", "signer"],
      ["context"],
      ["clock/", "continuity/", "keys/"],
      ["documents/", "telemetry/"],
      ["publish-documents", "runtime/"],
      ["resign-documents", "keyset/"],
      ["ceremony/"],
    ],
  },
  {
    room: "lib/services",
    files: ["lib/services/"],
    may: [
      "lib/services/",
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
      ["context", "require-permission"],
      ["members/", "devices/"],
      ["change-sets/"],
      ["*"],
      ["denials/", "overview/"],
      ["publishers/"],
    ],
  },
  {
    room: "lib/server",
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
      "lib/platform/",
      ...PURE_CORE,
    ],
    never: WEB,
    except: [{ file: "lib/server/next-face.ts", packages: ["next"] }],
  },
  {
    room: "lib/queries",
    files: ["lib/queries/"],
    may: ["lib/queries/", "lib/contracts/", "lib/http/", "lib/domain/"],
    never: [...NODE, ...STORE, "next", "next/"],
  },
  {
    room: "components/ui",
    files: ["components/ui/"],
    may: ["components/ui/", "lib/format/"],
    never: [...NODE, ...STORE],
  },
  {
    room: "components/blocks",
    files: ["components/blocks/"],
    may: ["components/blocks/", "components/ui/", "lib/format/"],
    never: [...NODE, ...STORE],
  },
  {
    room: "components/features",
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
    order: [["change-sets/"], ["*"], ["frame/"]],
  },
  {
    room: "app",
    files: ["app/", "proxy.ts", "instrumentation.ts"],
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
    room: "tools",
    files: ["bench/", "e2e/", "scripts/"],
    may: ["bench/", "e2e/", "scripts/", "db/", "lib/", "native/", "components/"],
  },
];
