import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestDocument, newestIssue, newestPosition, newestProgramIssues } from "@/db/newest-document";
import { keepDays } from "@/db/partitions";
import { devices, documents, events } from "@/db/schema";
import { testStoreKind } from "@/db/testing/with-test-store";
import { updateDevice } from "@/lib/sync/telemetry/device-state";
import { buildBatch } from "@/lib/sync/testing/batch-builder";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { telemetryBatchShape } from "@/native/core/telemetry/batch";
import { getChangeSet } from "./change-sets/get-change-set";
import { narrowAtOnce } from "./change-sets/narrow";
import { getDenial } from "./denials/get-denial";
import { listDevices } from "./devices/list-devices";
import { getOverview } from "./overview/get-overview";
import { getProgram } from "./programs/get-program";
import { getSpread } from "./programs/get-spread";
import { listPrograms } from "./programs/list-programs";
import { readAccess } from "./programs/read-access";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "./testing/service-fixture";

const OLD = { epoch: 1, revision: 57 };
const NEW = { epoch: 2, revision: 1 };

let fixture: ServiceFixture;
let operator: PersonActor;
let appId: string;
let decided: string;

async function addDocument(kind: "platform" | "program", position: typeof NEW): Promise<void> {
  const { ctx } = fixture;
  const copied = await newestDocument(ctx.store.db, kind, kind === "program" ? appId : "");
  if (copied === null) throw new Error("nothing was published");
  const id = ctx.ids.next("document");
  await ctx.store.transaction(({ db }) => db.insert(documents).values({ ...copied, ...position, id }));
}

async function addDevice(id: string, applied: typeof NEW): Promise<void> {
  const { ctx } = fixture;
  const at = new Date(ctx.clock.nowMs());
  const runtime = { runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {} };
  const said = { appliedEpoch: applied.epoch, appliedPlatform: applied.revision, appliedKeyset: 1, appliedAt: at };
  const key = { publicJwk: KEY_ONE, thumbprint: id };
  await ctx.store.transaction(({ db }) =>
    db.insert(devices).values({ id, name: id, ...key, ...runtime, ...said, enrolledAt: at, lastSeenAt: at }),
  );
}

beforeAll(async () => {
  fixture = await openServiceFixture();
  operator = await fixture.person("operator");
  ({ appId } = await fixture.program());
  const suspended = await narrowAtOnce(fixture.ctx, operator, {
    changes: [{ member: `program:${appId}/status`, after: "suspended" }],
    reason: "For the test.",
  });
  decided = suspended.id;
  for (const kind of ["program", "platform"] as const) {
    await addDocument(kind, OLD);
    await addDocument(kind, NEW);
  }
  await addDevice("dev_old", OLD);
  await addDevice("dev_new", NEW);
});
afterAll(() => fixture.close());

describe(`with epoch 2 revision 1 in force after epoch 1 revision 57 (${testStoreKind()})`, () => {
  it("the newest document is that of the higher pair, whatever is read of it", async () => {
    const { db } = fixture.ctx.store;
    for (const app of ["", appId]) {
      const kind = app === "" ? "platform" : "program";
      expect(await newestPosition(db, kind, app)).toEqual(NEW);
      expect(await newestIssue(db, kind, app)).toMatchObject(NEW);
      expect(await newestDocument(db, kind, app)).toMatchObject(NEW);
    }
    expect(await newestProgramIssues(db, { after: "", most: 9 })).toMatchObject([{ appId, newest: NEW }]);
  });

  it("every page says epoch 2, revision 1", async () => {
    const { ctx } = fixture;
    expect((await listPrograms(ctx, operator, {})).items).toMatchObject([{ appId, position: NEW }]);
    expect(await getProgram(ctx, operator, appId)).toMatchObject({ position: NEW, platformPosition: NEW });
    expect(await readAccess(ctx, operator, appId, undefined)).toMatchObject({ position: NEW, platformPosition: NEW });
    expect((await getOverview(ctx, operator)).loop.platformPosition).toEqual(NEW);
    expect((await listDevices(ctx, operator, {})).platform).toEqual(NEW);
    expect((await getSpread(ctx, operator, appId)).position).toEqual(NEW);
    expect((await getChangeSet(ctx, operator, decided)).platformPosition).toMatchObject({ epoch: 1 });
  });

  it("a device on revision 57 of epoch 1 is behind, and is named with its epoch", async () => {
    const { ctx } = fixture;
    const { items } = await listDevices(ctx, operator, {});
    expect(items.map(({ id, state, appliedPlatform }) => ({ id, state, appliedPlatform }))).toEqual([
      { id: "dev_new", state: "current", appliedPlatform: NEW },
      { id: "dev_old", state: "behind", appliedPlatform: OLD },
    ]);
    const spread = await getSpread(ctx, operator, appId);
    expect(spread).toMatchObject({ reached: 1, total: 2, behind: [{ deviceId: "dev_old", position: OLD }] });
  });

  it("a delayed batch of epoch 1 takes nothing back from a device that has applied epoch 2", async () => {
    const { ctx } = fixture;
    const [known] = await ctx.store.db.select().from(devices).orderBy(devices.id).limit(1);
    if (known === undefined) throw new Error("the device is missing");
    const told = (applied: typeof NEW) => {
      const { epoch, revision: platform } = applied;
      const batch = telemetryBatchShape.parse(buildBatch(1, { applied: { epoch, keyset: 1, platform, programs: {} } }));
      return updateDevice(known, batch, NEW, new Date(0)).update;
    };
    expect(told(OLD)).toMatchObject({ appliedEpoch: 2, appliedPlatform: 1 });
    expect(told({ epoch: 2, revision: 2 })).toMatchObject({ appliedEpoch: 2, appliedPlatform: 1 });
  });

  it("a denial is explained by the document of the very pair that decided it", async () => {
    const { ctx } = fixture;
    const at = new Date(ctx.clock.nowMs());
    const denialId = `${"a".repeat(16)}${"b".repeat(16)}`;
    const told = { code: "PROGRAM_SUSPENDED", layer: "document", rule: "/status", appId, denialId };
    const body = { ...told, epoch: 2, programRevision: 1, platformRevision: 1 };
    await keepDays(ctx.store, "events", [at.getTime()]);
    await ctx.store.transaction(({ db }) =>
      db.insert(events).values({
        ...{ deviceId: "dev_new", eventId: "evt_1", at, receivedAt: at, type: "denied_api" },
        ...{ ...told, cause: causeOfDenial(denialId), body },
      }),
    );
    const denial = await getDenial(ctx, operator, denialId);
    expect(denial).toMatchObject({ programPosition: NEW, platformPosition: NEW });
    expect(denial.decidedBy).toMatchObject({ pointer: "/status", value: "suspended", changeSetId: decided });
  });
});
