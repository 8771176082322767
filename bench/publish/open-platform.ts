import { randomBytes } from "node:crypto";
import { writeMembers } from "../../db/published-members";
import { devices, people, programs, publishers } from "../../db/schema";
import type { EntryOf } from "../../lib/domain/members";
import type { Actor } from "../../lib/domain/roles";
import { systemClock } from "../../lib/platform/clock";
import { boundPort, createNodeHandler, openHttpFace } from "../../lib/server/http-face";
import { createLeanApi } from "../../lib/server/lean-api";
import { leanRouteTable } from "../../lib/server/route-table";
import type { ServiceContext } from "../../lib/services/context";
import { resignDocuments } from "../../lib/sync/resign-documents";
import { makeAccessToken } from "../../lib/sync/runtime/access-token";
import { createRuntimeApi } from "../../lib/sync/runtime/runtime-api";
import { createDeviceKey } from "../../lib/sync/testing/device-key";
import { BENCH_PLATFORM, openBenchContext } from "../seed/open-bench-context";
import type { FleetOrder } from "./device-fleet";

export const APP_ID = "com.example.bench";
/** Devices that verify and compile; the others read how new the documents are. */
const VERIFYING = 1;
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
  const { context, keyset, close } = await openBenchContext({ isInWorker: true });
  const { store, bundles } = context;
  const deviceIds = Array.from({ length: deviceCount }, (_, n) => `dev_bench${n}`);
  await seed(context, deviceIds);
  await resignDocuments(store, context);
  const accessKey = randomBytes(32);
  const runtime = createRuntimeApi({ store, bundles, ctx: context, accessKey, validatesOutput: false });
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
      platform: BENCH_PLATFORM,
      appId: APP_ID,
      keyset,
      verifying: VERIFYING,
      accessTokens: deviceIds.map((id) => makeAccessToken(accessKey, id, expiresAt)),
    },
    async close() {
      runtime.close();
      await face.close(0);
      await close();
    },
  };
}
