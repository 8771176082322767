import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWatching } from "@/lib/sync/runtime/watching";
import { createBundleFiles } from "../../db/bundles/bundle-files";
import { nodeBundleFs } from "../../db/bundles/bundle-fs";
import { openStore } from "../../db/open-store";
import { writeMembers } from "../../db/published-members";
import { devices, people, platform, programs, publishers } from "../../db/schema";
import { createPasswords } from "../../lib/auth/password";
import type { EntryOf } from "../../lib/domain/members";
import type { Actor } from "../../lib/domain/roles";
import { systemClock } from "../../lib/platform/clock";
import { randomIds } from "../../lib/platform/ids";
import { createLogger } from "../../lib/platform/logger";
import { readMachine } from "../../lib/platform/machine";
import { boundPort, createNodeHandler, openHttpFace } from "../../lib/server/http-face";
import { createLeanApi } from "../../lib/server/lean-api";
import { createReadiness } from "../../lib/server/readiness/create-readiness";
import { leanRouteTable } from "../../lib/server/route-table";
import type { ServiceContext } from "../../lib/services/context";
import { initialisePlatform } from "../../lib/services/platform/initialise-platform";
import { createTrust } from "../../lib/sync/heads/create-trust";
import { createFileSigner } from "../../lib/sync/keys/file-keys";
import { openKeyFolder } from "../../lib/sync/keys/key-folder";
import { prepareKeys } from "../../lib/sync/keyset/prepare-keys";
import { resignDocuments } from "../../lib/sync/resign-documents";
import { makeAccessToken } from "../../lib/sync/runtime/access-token";
import { createRuntimeApi } from "../../lib/sync/runtime/runtime-api";
import { createDeviceKey } from "../../lib/sync/testing/device-key";
import { createBundleJudge } from "../../native/node/open-bundle-elsewhere";
import type { FleetOrder } from "./device-fleet";

const PLATFORM_ID = "bench.example";
export const APP_ID = "com.example.bench";
const CAPABILITIES = ["network.request", "storage.local", "device.info", "haptics.vibrate", "clipboard.read"];

const ACCESS = [
  ...CAPABILITIES.map((capability): EntryOf<"grant"> => {
    return { kind: "grant", member: { kind: "grant", appId: APP_ID, capability }, value: { consent: "none" } };
  }),
  ...Array.from({ length: 20 }, (_, n): EntryOf<"host"> => {
    const value = { host: `api${n}.bench-upstream.example`, ports: [443], purposes: ["request" as const] };
    return { kind: "host", member: { kind: "host", appId: APP_ID, ruleId: `hr_bench${n}` }, value };
  }),
  {
    kind: "limit",
    member: { kind: "limit", appId: APP_ID, name: "requestsPerMinute" },
    value: { max: 600, action: "throttle" },
  } satisfies EntryOf<"limit">,
];

export type BenchPlatform = {
  context: ServiceContext;
  operator: Extract<Actor, { kind: "person" }>;
  order: FleetOrder;
  close(): Promise<void>;
};

async function seed(context: ServiceContext, deviceIds: string[]): Promise<void> {
  const at = new Date(context.clock.nowMs());
  await context.store.transaction(async ({ db }) => {
    await db.insert(publishers).values({ id: "pub_bench", name: "Bench", createdAt: at });
    await db
      .insert(programs)
      .values({ appId: APP_ID, publisherId: "pub_bench", name: "Bench", status: "active", createdAt: at });
    await writeMembers(db, ACCESS, { at, changeSetId: null });
    await db.insert(people).values({
      id: "per_bench",
      email: "bench@bench.example",
      name: "Bench",
      role: "operator",
      state: "active",
      createdAt: at,
    });
    await db.update(platform).set({ setUpAt: at });
    const { jwk } = createDeviceKey();
    await db.insert(devices).values(
      deviceIds.map((id) => ({
        id,
        name: id,
        publicJwk: jwk,
        thumbprint: id,
        runtimeKind: "linux",
        runtimeVersion: "0.1.0",
        runtimeLayers: [],
        enrolledAt: at,
        discarded: {},
      })),
    );
  });
}

/** The policy service on a fresh embedded store on disk, with one program of 20 host rules and enrolled devices. */
export async function openBenchPlatform(deviceCount: number): Promise<BenchPlatform> {
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-bench-"));
  const logger = createLogger((line) => process.stderr.write(line));
  const folder = openKeyFolder({ dir: join(dataDir, "keys"), secret: "a benchmark's passphrase", clock: systemClock });
  const { store } = await openStore({ location: { kind: "pglite", dataDir }, clock: systemClock, logger });
  const signer = createFileSigner(folder);
  const trust = createTrust({ dataDir, clock: systemClock, logger, signer, roots: null });
  const ctx = { clock: systemClock, ids: randomIds, logger, signer, machine: readMachine(), ...trust };
  const identity = { platformId: PLATFORM_ID, name: "Bench", environment: "development" as const };
  const { keyset } = await store.transaction(async (tx) =>
    prepareKeys(tx, ctx, folder, await initialisePlatform(tx, ctx, identity)),
  );
  const bundles = createBundleFiles(nodeBundleFs, join(dataDir, "bundles"));
  const context: ServiceContext = {
    store,
    ...ctx,
    bundles,
    judgeBundle: createBundleJudge(),
    passwords: createPasswords(),
    watching: createWatching(store, systemClock),
    readiness: createReadiness([], ctx),
    config: {
      baseUrl: "http://localhost",
      environment: "production",
      isDevelopmentStore: false,
      version: "bench",
      submissionQuota: 1,
      authSecret: "",
      oidc: null,
    },
  };
  const deviceIds = Array.from({ length: deviceCount }, (_, n) => `dev_bench${n}`);
  await seed(context, deviceIds);
  await resignDocuments(store, ctx);
  const accessKey = randomBytes(32);
  const runtime = createRuntimeApi({ store, bundles, ctx, accessKey, validatesOutput: false });
  const face = await openHttpFace("127.0.0.1", 0);
  face.serve(createNodeHandler(context, createLeanApi(context, runtime, leanRouteTable, context), null));
  const expiresAt = Math.floor(systemClock.nowMs() / 1000) + 600;
  return {
    context,
    operator: {
      kind: "person",
      personId: "per_bench",
      name: "Bench",
      email: "bench@bench.example",
      role: "operator",
      publisherId: null,
      sessionId: "ses_bench",
    },
    order: {
      baseUrl: `http://127.0.0.1:${boundPort(face.server)}`,
      platform: PLATFORM_ID,
      appId: APP_ID,
      keyset,
      accessTokens: deviceIds.map((id) => makeAccessToken(accessKey, id, expiresAt)),
    },
    async close() {
      runtime.close();
      await face.close(0);
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
