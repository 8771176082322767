import { eq } from "drizzle-orm";
import { newestDocument } from "@/db/newest-document";
import { keepDays } from "@/db/partitions";
import { devices, events, publishedMembers, telemetryMinutes } from "@/db/schema";
import { foldMinutes } from "@/lib/sync/telemetry/fold-minutes";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeKey } from "@/native/core/decide/cause-key";
import { OTHER } from "@/native/core/telemetry/other";
import { nodeCrypto } from "@/native/node/crypto";
import { approveChangeSet } from "../../change-sets/approve-change-set";
import { narrowAtOnce } from "../../change-sets/narrow";
import { proposeChangeSet } from "../../change-sets/propose-change-set";
import { publishChangeSet } from "../../change-sets/publish-change-set";
import { approveSubmission } from "../../submissions/approve-submission";
import { submitBundle } from "../../submissions/submit-bundle";
import {
  openServiceFixture,
  type PersonActor,
  type PublisherActor,
  type ServiceFixture,
} from "../../testing/service-fixture";

export const HOST = "api.example.com";
const MINUTE_MS = 60_000;

/** What a device tells of a minute. */
export type ToldMinute = {
  refused?: number;
  allowed?: number;
  /** Allowed calls to hosts that it does not tell apart. */
  others?: number;
  versionCode?: number;
  purpose?: "request" | "upload" | "download";
  runtimeKind?: string;
  /** Another host than the one that the cause is of. */
  toldHost?: string;
  applied?: { epoch: number; platform: number; program: number };
  /** What the minute counts as refused, in place of `refused` times the one. */
  denials?: (typeof telemetryMinutes.$inferInsert)["denials"];
};

export type DenialFixture = {
  held: ServiceFixture;
  appId: string;
  operator: PersonActor;
  security: PersonActor;
  auditor: PersonActor;
  /** Whose program it is. */
  publisher: PublisherActor;
  /** The pair of documents in force, as a device names it. */
  inForce(): Promise<{ epoch: number; platform: number; program: number }>;
  /** A minute of the device under what is in force, folded, and the record of a refusal. Answers its id. */
  tell(told: ToldMinute): Promise<string>;
  /** Publishes what two people decide; answers with the change set's number and id. */
  decide(changes: Record<string, unknown>): Promise<{ id: string; number: number }>;
  /** One rule for these purposes, whatever it said before. */
  allowHost(purposes?: readonly string[]): Promise<{ id: string; number: number }>;
  removeHost(): Promise<void>;
};

/** A program of two versions that may ask for hosts, and one device. */
export async function openDenialFixture(): Promise<DenialFixture> {
  const held = await openServiceFixture();
  const operator = await held.person("operator");
  const security = await held.person("security");
  const auditor = await held.person("auditor");
  const { publisher, appId } = await held.program();
  for (const code of [1, 2]) {
    const bundle = held.bundle(publisher, { appId, code, permissions: ["network.request", "network.upload"] });
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
  let count = 0;
  /** The rule's member, where there is one. */
  const ruleOf = async () => {
    const rows = await held.ctx.store.db.select().from(publishedMembers).where(eq(publishedMembers.appId, appId));
    return rows.find((row) => row.kind === "host")?.member;
  };
  const fixture: DenialFixture = {
    ...{ held, appId, operator, security, auditor, publisher: publisher.actor },
    async inForce() {
      const { db } = held.ctx.store;
      const program = await newestDocument(db, "program", appId);
      const platform = await newestDocument(db, "platform", "");
      return { program: program?.revision ?? 0, platform: platform?.revision ?? 0, epoch: platform?.epoch ?? 0 };
    },
    async tell({
      refused = 0,
      allowed = 0,
      others = 0,
      versionCode = 2,
      purpose = "request",
      runtimeKind = "linux",
      toldHost = HOST,
      applied,
      denials,
    }) {
      const target = { host: HOST, port: 443, purpose };
      const code = "HOST_NOT_ALLOWED" as const;
      const cause = causeKey({ appId, versionCode, code, subject: `${HOST}:443` }, nodeCrypto.sha256);
      const at = new Date(Math.floor(held.clock.nowMs() / MINUTE_MS) * MINUTE_MS);
      const about = { code, layer: "host" as const, rule: null, api: `network.${purpose}`, ...target };
      const { epoch, program, platform } = applied ?? (await fixture.inForce());
      count += 1;
      const denialId = `${cause}-${String(count).padStart(8, "0")}`;
      await keepDays(held.ctx.store, "events", [at.getTime()]);
      await held.ctx.store.transaction(async ({ db }) => {
        await db.insert(telemetryMinutes).values({
          ...{ deviceId: "dev_a", appId, versionCode, at, cpuMs: 0, memoryBytesMax: 0, bytesIn: 0, bytesOut: 0 },
          ...{ requests: allowed, blocked: refused, inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {} },
          hosts: [
            { ...target, allowed, blocked: refused },
            ...(others === 0 ? [] : [{ host: OTHER, port: 0, purpose, allowed: others, blocked: 0 }]),
          ],
          denials: denials ?? (refused === 0 ? [] : [{ cause, ...about, host: toldHost, count: refused }]),
          ...{ appliedEpoch: epoch, appliedPlatform: platform, appliedProgram: program },
          ...{ runtimeKind, runtimeVersion: "0.1.0" },
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
    },
    async decide(changes) {
      const { id, number } = await held.draft(operator, changes);
      const reason = { reason: "It fetches prices." };
      await proposeChangeSet(held.ctx, operator, id, reason);
      await approveChangeSet(held.ctx, security, id, reason);
      await publishChangeSet(held.ctx, operator, id);
      held.clock.advance(60);
      return { id, number };
    },
    async allowHost(purposes = ["request"]) {
      const member = (await ruleOf()) ?? `program:${appId}/host:new`;
      return await fixture.decide({ [member]: { host: HOST, ports: [443], purposes } });
    },
    async removeHost() {
      const member = (await ruleOf()) ?? "";
      await narrowAtOnce(held.ctx, security, { changes: [{ member, after: null }], reason: "It phones home." });
      held.clock.advance(60);
    },
  };
  return fixture;
}
