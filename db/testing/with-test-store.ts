import { afterAll, beforeAll, describe } from "vitest";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { openStore } from "../open-store";
import type { Store } from "../store";
import { openStoreInWorker } from "../worker/open-store-in-worker";
import { pgliteSeed } from "./pglite-seed";
import { postgresServer } from "./postgres-server";

export type TestStoreKind = "memory" | "worker" | "postgres";
export type TestStoreOptions = { clock?: Clock; logger?: Logger; kind?: TestStoreKind };

const silent: Logger = () => undefined;

const KINDS: readonly TestStoreKind[] = ["memory", "worker", "postgres"];

/**
 * The engine that this run tests: `BULKHEAD_TEST_STORE=postgres` for Postgres, `worker` for PGlite in a thread of its own,
 * PGlite in memory without it.
 */
export function testStoreKind(): TestStoreKind {
  return KINDS.find((kind) => kind === process.env.BULKHEAD_TEST_STORE) ?? "memory";
}

/** Opens a migrated, empty store of its own. Whoever opens it closes it. */
export async function openTestStore(options: TestStoreOptions = {}): Promise<Store> {
  const { kind = testStoreKind(), logger = silent, clock } = options;
  const common = { logger, ...(clock === undefined ? {} : { clock }) };
  if (kind === "postgres") {
    const url = await (await postgresServer()).createDatabase("migrated");
    return (await openStore({ ...common, location: { kind: "postgres", url } })).store;
  }
  const inMemory = { ...common, location: { kind: "memory" }, seed: await pgliteSeed() } as const;
  return (await (kind === "worker" ? openStoreInWorker : openStore)(inMemory)).store;
}

/**
 * One store for the tests of the enclosing `describe` (or file), opened before them and closed after them. Read `store`
 * inside tests and hooks, not while the file loads.
 */
export function withTestStore(options: TestStoreOptions = {}): { readonly store: Store } {
  let opened: Store | undefined;
  beforeAll(async () => {
    opened = await openTestStore(options);
  });
  afterAll(async () => {
    await opened?.close();
  });
  return {
    get store() {
      if (opened === undefined) throw new Error("the test store opens in beforeAll");
      return opened;
    },
  };
}

/** The same tests on the engine of this run; the title names it. */
export function describeStores(title: string, tests: (held: { readonly store: Store }) => void): void {
  describe(`${title} (${testStoreKind()})`, () => tests(withTestStore()));
}
