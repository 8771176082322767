import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { keepDays } from "@/db/partitions";
import { devices, events, publishedMembers, telemetryMinutes } from "@/db/schema";
import { foldMinutes } from "@/lib/sync/telemetry/fold-minutes";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeKey } from "@/native/core/decide/cause-key";
import { nodeCrypto } from "@/native/node/crypto";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { approveSubmission } from "../submissions/approve-submission";
import { submitBundle } from "../submissions/submit-bundle";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { getDenial } from "./get-denial";

const HOST = "api.example.com";
const MINUTE = 60_000;

let held: ServiceFixture;
let operator: PersonActor;
let security: PersonActor;
let auditor: PersonActor;
let appId: string;
let count = 0;

beforeEach(async () => {
  held = await openServiceFixture();
  operator = await held.person("operator");
  security = await held.person("security");
  auditor = await held.person("auditor");
  const { publisher, ...program } = await held.program();
  appId = program.appId;
  for (const code of [1, 2]) {
    const permissions = ["network.request"];
    const bundle = held.bundle(publisher, { appId, code, permissions });
    const { submissionId } = await submitBundle(held.ctx, publisher.actor, bundle);
    await approveSubmission(held.ctx, operator, submissionId, { reason: "" });
    held.clock.advance(600);
  }
  await held.ctx.store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id: "dev_a", name: "Till", publicJwk: KEY_ONE, thumbprint: "t", discarded: {} },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], enrolledAt: new Date(held.clock.nowMs()) },
    }),
  );
});
afterEach(() => held.close());

/** The pair of documents in force, as a device names it. */
async function inForce() {
  const { db } = held.ctx.store;
  const program = await newestDocument(db, "program", appId);
  const platform = await newestDocument(db, "platform", "");
  return { program: program?.revision ?? 0, platform: platform?.revision ?? 0, epoch: platform?.epoch ?? 0 };
}

/** A minute of the device under what is in force, refused or let through, and the record of a refusal. Answers its id. */
async function tell(told: { refused?: number; allowed?: number; versionCode?: number }): Promise<string> {
  const { refused = 0, allowed = 0, versionCode = 2 } = told;
  const target = { host: HOST, port: 443, purpose: "request" as const };
  const code = "HOST_NOT_ALLOWED" as const;
  const cause = causeKey({ appId, versionCode, code, subject: `${HOST}:443` }, nodeCrypto.sha256);
  const at = new Date(Math.floor(held.clock.nowMs() / MINUTE) * MINUTE);
  const about = { code, layer: "host" as const, rule: null, api: "network.request", ...target };
  const { epoch, program, platform } = await inForce();
  count += 1;
  const denialId = `${cause}-${String(count).padStart(8, "0")}`;
  await keepDays(held.ctx.store, "events", [at.getTime()]);
  await held.ctx.store.transaction(async ({ db }) => {
    await db.insert(telemetryMinutes).values({
      ...{ deviceId: "dev_a", appId, versionCode, at, cpuMs: 0, memoryBytesMax: 0, bytesIn: 0, bytesOut: 0 },
      ...{ requests: allowed, blocked: refused, inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {} },
      hosts: [{ ...target, allowed, blocked: refused }],
      denials: refused === 0 ? [] : [{ cause, ...about, count: refused }],
      ...{ appliedEpoch: epoch, appliedPlatform: platform, appliedProgram: program },
    });
    if (refused === 0) return;
    const body = { cause, ...about, epoch, programRevision: program, platformRevision: platform };
    await db.insert(events).values({
      ...{ deviceId: "dev_a", eventId: `evt_${count}`, at, receivedAt: at, type: "blocked_request", appId },
      ...{ versionCode, denialId, cause, code, layer: "host", rule: null, body },
    });
  });
  held.clock.advance(300);
  while ((await foldMinutes(held.ctx.store, held.ctx, 1_000)) !== null);
  return denialId;
}

async function allowHost(): Promise<number> {
  const rule = { host: HOST, ports: [443], purposes: ["request"] };
  const { id, number } = await held.draft(operator, { [`program:${appId}/host:new`]: rule });
  const reason = { reason: "It fetches prices." };
  await proposeChangeSet(held.ctx, operator, id, reason);
  await approveChangeSet(held.ctx, security, id, reason);
  await publishChangeSet(held.ctx, operator, id);
  held.clock.advance(60);
  return number;
}

async function removeHost(): Promise<void> {
  const rows = await held.ctx.store.db.select().from(publishedMembers).where(eq(publishedMembers.appId, appId));
  const member = rows.find((row) => row.kind === "host")?.member ?? "";
  await narrowAtOnce(held.ctx, security, { changes: [{ member, after: null }], reason: "It phones home." });
  held.clock.advance(60);
}

const read = (denialId: string) => getDenial(held.ctx, auditor, denialId);

describe("a denial's story", () => {
  it("says that nothing was ever listed, which version began, and that it is refused still", async () => {
    const denial = await read(await tell({ refused: 3 }));
    expect(denial).toMatchObject({
      effect: { state: "refused" },
      decidedBy: { wasEverListed: false },
      changed: { endedBy: null, otherVersions: [{ versionCode: 1, times: 0 }] },
      who: {
        versions: [
          { versionCode: 2, times: 3, devices: 1 },
          { versionCode: 1, times: 0, devices: 0 },
        ],
        ...{ records: 1, recordDevices: 1, devices: [{ name: "Till", records: 1 }] },
        runtimes: [{ kind: "linux", version: "0.1.0", records: 1 }],
      },
    });
    expect(denial.changed?.hours.reduce((sum, one) => sum + one, 0)).toBe(3);
    expect(denial.changed?.marks.filter(({ kind }) => kind === "version")).toHaveLength(2);
    expect(Date.parse(denial.changed?.firstAt ?? "")).toBeGreaterThan(
      Date.parse(denial.changed?.versionListedAt ?? ""),
    );
    expect(denial.ladder.find(({ state }) => state === "failed")).toMatchObject({ check: "RULE", isRecorded: true });
    expect(denial.ladder.find(({ check }) => check === "ARGUMENTS")).toMatchObject({ isRecorded: false, saw: null });
  });

  it("says since which revision it is allowed, by which decision, and how many calls went through under it", async () => {
    const denialId = await tell({ refused: 3 });
    await tell({ allowed: 7, versionCode: 1 });
    const changeSetNumber = await allowHost();
    const { program } = await inForce();
    await tell({ allowed: 5 });
    await tell({ allowed: 2 });
    await tell({ allowed: 11, versionCode: 1 });
    const since = { document: "program", position: { epoch: 1, revision: program }, changeSetNumber };
    expect((await read(denialId)).effect).toMatchObject({ state: "allowed", isFirst: true, since, through: 7 });
    // Later publishes of another kind move neither the revision nor the count.
    for (const max of [900, 800, 700]) {
      const after = { max, action: "throttle" };
      await narrowAtOnce(held.ctx, security, {
        changes: [{ member: `program:${appId}/limit:requestsPerMinute`, after }],
        reason: "Less.",
      }).catch(() => undefined);
      held.clock.advance(60);
    }
    expect((await read(denialId)).effect).toMatchObject({ state: "allowed", isFirst: true, since, through: 7 });
  });

  it("says which revision ended what the one before it let through", async () => {
    await allowHost();
    await tell({ allowed: 4 });
    await removeHost();
    const { program } = await inForce();
    const denial = await read(await tell({ refused: 2 }));
    expect(denial).toMatchObject({
      effect: { state: "refused" },
      decidedBy: { wasEverListed: true, reason: "It phones home." },
      changed: { endedBy: { position: { epoch: 1, revision: program } } },
    });
  });

  it("claims nothing of a kind that no revision mends", async () => {
    const denialId = await tell({ refused: 1 });
    await held.ctx.store.transaction(({ db }) =>
      db.update(events).set({ code: "TLS_INVALID" }).where(eq(events.denialId, denialId)),
    );
    await allowHost();
    expect((await read(denialId)).effect).toEqual({ state: "beyond" });
  });
});
