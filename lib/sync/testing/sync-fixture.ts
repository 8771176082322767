import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { type BundleFiles, createBundleFiles } from "@/db/bundles/bundle-files";
import { nodeBundleFs } from "@/db/bundles/bundle-fs";
import { writeMembers } from "@/db/published-members";
import { platform, programs, publisherKeys, publishers, versions } from "@/db/schema";
import type { Store } from "@/db/store";
import { openTestStore, type TestStoreOptions } from "@/db/testing/with-test-store";
import { FIRST_ENTRIES } from "@/lib/domain/platform-defaults";
import { randomIds } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { Machine } from "@/lib/platform/machine";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import type { SigningContext } from "../context";
import { createTrust } from "../heads/create-trust";
import { createFileSigner } from "../keys/file-keys";
import { type KeyFolder, openKeyFolder } from "../keys/key-folder";
import { SEAL_COST_OF_TESTS } from "../keys/sealed-key";
import { prepareKeys } from "../keyset/prepare-keys";
import { rootsOf } from "../trust/root-thumbprints";
import { createDeviceKey } from "./device-key";

export const TEST_PLATFORM = "superapp.test";

export type SyncFixture = {
  store: Store;
  ctx: SigningContext;
  folder: KeyFolder;
  /** The data folder: `keys/`, `audit-heads/`, `bundles/`. */
  dir: string;
  bundles: BundleFiles;
  keyset: KeysetClaims;
  /** `advance` lets time pass, for the uptime too; a step back and `set` are the wall clock's alone. */
  clock: { nowMs(): number; advance(seconds: number): void; set(nowMs: number): void };
  /** Everything logged, as `level event`. */
  logged: string[];
  addProgram(appId: string): Promise<void>;
  close(): Promise<void>;
};

/** A platform of its own in a store of its own: key folder, keyset and a first platform document, and a settable clock. */
export async function openSyncFixture(
  options: TestStoreOptions & { environment?: "production" | "development"; store?: Store } = {},
): Promise<SyncFixture> {
  let nowMs = Date.UTC(2026, 0, 5, 12);
  let uptimeMs = 3_600_000;
  const clock = {
    nowMs: () => nowMs,
    advance: (seconds: number) => {
      nowMs += seconds * 1000;
      uptimeMs += Math.max(0, seconds) * 1000;
    },
    set: (value: number) => {
      nowMs = value;
    },
  };
  const logged: string[] = [];
  const logger: Logger = (level, event) => void logged.push(`${level} ${event}`);
  const store = options.store ?? (await openTestStore({ ...options, clock }));
  const dir = mkdtempSync(join(tmpdir(), "bulkhead-sync-"));
  const folder = openKeyFolder({
    dir: join(dir, "keys"),
    secret: "correct horse battery",
    clock,
    sealCost: SEAL_COST_OF_TESTS,
  });
  const machine: Machine = { bootId: "boot-1", name: "bench", uptimeMs: () => uptimeMs };
  const signer = createFileSigner(folder);
  const trust = createTrust({ dataDir: dir, clock, logger, signer, roots: null });
  const ctx: SigningContext = { clock, ids: randomIds, logger, signer, machine, ...trust };
  const environment = options.environment ?? "development";
  await store.transaction(async ({ db }) => {
    const at = new Date(nowMs);
    await db.insert(platform).values({ platformId: TEST_PLATFORM, name: "Super App", environment, createdAt: at });
    await writeMembers(db, FIRST_ENTRIES, { at, changeSetId: null });
  });
  const identity = { platformId: TEST_PLATFORM, environment };
  const { keyset } = await store.transaction((tx) => prepareKeys(tx, ctx, folder, identity));
  trust.keysets.pin(await rootsOf(keyset));
  return {
    store,
    ctx,
    folder,
    dir,
    bundles: createBundleFiles(nodeBundleFs, join(dir, "bundles")),
    keyset,
    clock,
    logged,
    async addProgram(appId) {
      const publisherId = `pub_${appId.replaceAll(/[^a-z]/g, "")}`;
      const key = createDeviceKey();
      await store.transaction(async ({ db }) => {
        const createdAt = new Date(nowMs);
        await db.insert(publishers).values({ id: publisherId, name: `Publisher of ${appId}`, createdAt });
        await db
          .insert(publisherKeys)
          .values({ publisherId, kid: key.thumbprint, jwk: key.jwk, status: "active", createdAt });
        await db.insert(programs).values({ appId, publisherId, name: appId, status: "active", createdAt });
      });
    },
    async close() {
      if (options.store === undefined) await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Sets a program's status as the services' verbs would, without a decision behind it. */
export async function setStatus(store: Store, appId: string, status: "active" | "suspended"): Promise<void> {
  await store.transaction(async ({ db }) => {
    await db.update(programs).set({ status }).where(eq(programs.appId, appId));
  });
}

/** Lists a version as a publish would, without a decision or a bundle behind it. */
export async function listVersion(store: Store, appId: string, code: number): Promise<void> {
  const at = new Date(Date.UTC(2026, 0, 4));
  const sha256 = createHash("sha256").update(`${appId}/${code}`).digest("hex");
  await store.transaction(async ({ db }) => {
    await db.insert(versions).values({
      ...{
        appId,
        code,
        name: `${code}.0`,
        publisherId: "pub_test",
        sha256,
        sizeBytes: 1,
        kid: "kid",
        engine: "script",
      },
      ...{ declares: [], manifest: {}, state: "listed", submissionId: `sub_${sha256.slice(0, 12)}` },
      ...{ submittedAt: at, listedAt: at },
    });
  });
}
