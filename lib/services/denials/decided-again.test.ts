import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { keepDays } from "@/db/partitions";
import { devices, events } from "@/db/schema";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { approveSubmission } from "../submissions/approve-submission";
import { submitBundle } from "../submissions/submit-bundle";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { getDenial } from "./get-denial";

let held: ServiceFixture;
let auditor: PersonActor;
let appId: string;
let count = 0;

beforeAll(async () => {
  held = await openServiceFixture();
  auditor = await held.person("auditor");
  const [operator, security] = [await held.person("operator"), await held.person("security")];
  const program = await held.program();
  appId = program.appId;
  const bundle = held.bundle(program.publisher, { appId, code: 1 });
  const { submissionId } = await submitBundle(held.ctx, program.publisher.actor, bundle);
  await approveSubmission(held.ctx, operator, submissionId, { reason: "" });
  const rule = { host: "api.example.com", ports: [443], purposes: ["request"] };
  const { id } = await held.draft(operator, { [`program:${appId}/host:new`]: rule });
  const reason = { reason: "It fetches prices." };
  await proposeChangeSet(held.ctx, operator, id, reason);
  await approveChangeSet(held.ctx, security, id, reason);
  await publishChangeSet(held.ctx, operator, id);
  const at = new Date(held.clock.nowMs());
  await held.ctx.store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id: "dev_a", name: "Till", publicJwk: KEY_ONE, thumbprint: "t" },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {}, enrolledAt: at },
    }),
  );
});
afterAll(() => held.close());

const PORT = {
  code: "PORT_NOT_ALLOWED",
  layer: "host",
  rule: "/hosts/0" as string | null,
  host: "api.example.com",
  port: 8443,
  purpose: "request",
};

/** A refusal as a device under the newest documents told it. */
async function refused(told: Partial<typeof PORT> & { isOfUnknownDocument?: boolean }) {
  const { code, layer, rule, host, port, purpose, isOfUnknownDocument = false } = { ...PORT, ...told };
  const { db } = held.ctx.store;
  const program = await newestDocument(db, "program", appId);
  const platform = await newestDocument(db, "platform", "");
  const at = new Date(held.clock.nowMs());
  count += 1;
  const denialId = String(count).padStart(32, "0");
  const body = {
    ...{ code, layer, cause: "a".repeat(16), host, port, rule, purpose, epoch: 1 },
    programRevision: (program?.revision ?? 0) + (isOfUnknownDocument ? 1 : 0),
    platformRevision: platform?.revision ?? 0,
  };
  await keepDays(held.ctx.store, "events", [at.getTime()]);
  await held.ctx.store.transaction((tx) =>
    tx.db.insert(events).values({
      ...{ deviceId: "dev_a", eventId: `evt_${count}`, at, receivedAt: at, type: "denied_host", appId, versionCode: 1 },
      ...{ denialId, cause: body.cause, code, layer, rule, body },
    }),
  );
  const { ladder, nearest } = await getDenial(held.ctx, auditor, denialId);
  return { failed: ladder.find(({ state }) => state === "failed"), seen: ladder.filter(({ saw }) => saw), nearest };
}

describe("a refused host", () => {
  it("says what the check saw by the documents that the device named", async () => {
    const { failed } = await refused({});
    expect(failed).toMatchObject({ code: "PORT_NOT_ALLOWED", saw: { at: "/hosts/0", seen: 8443, wanted: [443] } });
  });

  it("is decided again for the purpose that it was asked for", async () => {
    const { failed } = await refused({ code: "PURPOSE_NOT_ALLOWED", port: 443, purpose: "upload" });
    expect(failed).toMatchObject({ code: "PURPOSE_NOT_ALLOWED", saw: { seen: "upload", wanted: ["request"] } });
  });

  it("says which rule came nearest", async () => {
    const { failed, nearest } = await refused({
      code: "HOST_NOT_ALLOWED",
      rule: null,
      host: "b.example.com",
      port: 443,
    });
    expect(failed).toMatchObject({ code: "HOST_NOT_ALLOWED", saw: { seen: "b.example.com" } });
    expect(nearest).toMatchObject({ name: "api.example.com", misses: ["LABEL"] });
  });

  it("says nothing where those documents decide otherwise than the device did", async () => {
    for (const other of [{ port: 443 }, { code: "HOST_NOT_ALLOWED" }, { layer: "platform" }, { rule: "/hosts/1" }]) {
      expect(await refused(other)).toMatchObject({ seen: [], nearest: null });
    }
  });

  it("says nothing where a document is not known any more", async () => {
    expect(await refused({ isOfUnknownDocument: true })).toMatchObject({ seen: [], nearest: null });
  });
});
