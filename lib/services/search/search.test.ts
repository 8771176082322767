import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepDays } from "@/db/partitions";
import { devices, events, hourDetails, programs, telemetryMinutes } from "@/db/schema";
import { foldMinutes } from "@/lib/sync/telemetry/fold-minutes";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeKey } from "@/native/core/decide/cause-key";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { nodeCrypto } from "@/native/node/crypto";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeAtOnce } from "../change-sets/propose-at-once";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { listDenials } from "../denials/list-denials";
import { refusalOf } from "../testing/refusal-of";
import {
  openServiceFixture,
  type PersonActor,
  type ServiceFixture,
  type TestPublisher,
} from "../testing/service-fixture";
import { PROBED_MAX } from "./find-host";
import { ANSWERS_MAX, search } from "./search";

const HOST = "cdn.example.com";
const MINUTE = 60_000;
const HOUR = 3_600_000;

let held: ServiceFixture;
let operator: PersonActor;
let publisher: TestPublisher;
let holder: string;
let trier: string;
let setNumber = 0;
let denialId = "";

beforeAll(async () => {
  held = await openServiceFixture();
  operator = await held.person("operator");
  publisher = await held.publisher();
  [holder, trier] = [(await held.program(publisher)).appId, (await held.program(publisher)).appId];
  const changes = [
    { member: `program:${holder}/host:new`, after: { host: "*.example.com", ports: [443], purposes: ["request"] } },
    { member: `program:${holder}/grant:nfc.read`, after: { consent: "ask" } },
  ];
  const set = await proposeAtOnce(held.ctx, operator, { changes, reason: "Pictures of the menu." });
  setNumber = set.number;
  await approveChangeSet(held.ctx, await held.person("security"), set.id, { reason: "" });
  await publishChangeSet(held.ctx, operator, set.id);
  const block = {
    changes: [{ member: "platform/blocked-host:ads.example", after: true }],
    reason: "It follows people.",
  };
  await narrowAtOnce(held.ctx, operator, block);
  await tell(7);
});
afterAll(() => held.close());

/** A device was refused the host so often; one refusal is recorded, half of the counts are folded, half wait. */
async function tell(times: number): Promise<void> {
  const target = { host: HOST, port: 443, purpose: "request" as const };
  const code = "HOST_NOT_ALLOWED" as const;
  const cause = causeKey({ appId: trier, versionCode: 1, code, subject: `${HOST}:443` }, nodeCrypto.sha256);
  const about = { code, layer: "host" as const, rule: null, api: "network.request", ...target };
  denialId = `${cause}-00000001`;
  const at = new Date(Math.floor(held.clock.nowMs() / MINUTE) * MINUTE);
  await keepDays(held.ctx.store, "events", [at.getTime()]);
  const add = (count: number, when: Date) =>
    held.ctx.store.transaction(({ db }) =>
      db.insert(telemetryMinutes).values({
        ...{ deviceId: "dev_a", appId: trier, versionCode: 1, at: when, cpuMs: 0, memoryBytesMax: 0, bytesIn: 0 },
        ...{ bytesOut: 0, requests: 0, blocked: count, inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {} },
        hosts: [{ ...target, allowed: 0, blocked: count }],
        denials: [{ cause, ...about, count }],
      }),
    );
  await held.ctx.store.transaction(async ({ db }) => {
    await db.insert(devices).values({
      ...{ id: "dev_a", name: "Till", publicJwk: KEY_ONE, thumbprint: "t", discarded: {} },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], enrolledAt: at },
    });
    await db.insert(events).values({
      ...{ deviceId: "dev_a", eventId: "evt_1", at, receivedAt: at, type: "blocked_request", appId: trier },
      ...{ versionCode: 1, denialId, cause, code, layer: "host", rule: null, body: { cause, ...about } },
    });
  });
  await add(Math.floor(times / 2), at);
  held.clock.advance(300);
  while ((await foldMinutes(held.ctx.store, held.ctx, 1_000)) !== null);
  await add(Math.ceil(times / 2), new Date(held.clock.nowMs()));
}

/** Programs that were refused the host so often in this hour, one for each number. */
async function refuse(host: string, appIds: readonly string[], times: readonly number[]): Promise<void> {
  const hour = new Date(Math.floor(held.clock.nowMs() / HOUR) * HOUR);
  await keepDays(held.ctx.store, "hour_details", [hour.getTime()]);
  await held.ctx.store.transaction(async ({ db }) => {
    const createdAt = new Date(held.clock.nowMs());
    await db.insert(programs).values(
      appIds.map((appId) => ({
        appId,
        name: appId,
        publisherId: publisher.id,
        status: "active" as const,
        createdAt,
      })),
    );
    for (const [nth, refused] of times.entries()) {
      await db.insert(hourDetails).values({
        ...{ appId: appIds[nth] ?? "", kind: "host", name: `${host}:443:request`, hour, versionCode: 1 },
        ...{
          programRevision: 1,
          allowed: 0,
          refused,
          throttledMs: 0,
          evicted: 0,
          late: 0,
          firstAt: hour,
          lastAt: hour,
        },
        ...{ about: null, histogram: new Uint8Array(), devices: new Uint8Array() },
      });
    }
  });
}

const ask = async (q: string, actor = operator) => (await search(held.ctx, actor, { q })).answers;
const kindsOf = async (q: string, actor?: PersonActor) => (await ask(q, actor)).map(({ kind }) => kind);

describe("what is typed is answered", () => {
  it("a host: who tried and how often, as the program's own page counts it, who may, and whether it is blocked", async () => {
    const answers = await ask(`https://${HOST.toUpperCase()}/menu`);
    expect(answers.map(({ kind, id }) => [kind, id])).toEqual([
      ["host-tried", trier],
      ["host-rule", expect.stringContaining(holder)],
    ]);
    const { timesTotal } = await listDenials(held.ctx, operator, { appId: trier, range: "7d" });
    expect(timesTotal).toBe(7);
    expect(answers[0]?.detail).toContain(`${timesTotal} refused`);
    expect(answers[1]?.detail).toContain("by *.example.com");
    expect(await kindsOf("pixel.ads.example")).toEqual(["host-blocked"]);
    expect(await kindsOf("nobody.example.org")).toEqual(["host-unknown"]);
  });

  it("a capability: who holds it, and never as a host", async () => {
    expect((await ask("nfc.read")).map(({ kind, id }) => [kind, id])).toEqual([["capability", holder]]);
    expect((await ask("contacts.read")).map(({ kind, href }) => [kind, href])).toEqual([["capability", "/programs"]]);
  });

  it("the number of a change set, the id of a denial and of its cause", async () => {
    for (const q of [`${setNumber}`, `#${setNumber}`, `change set ${setNumber}`]) {
      expect((await ask(q))[0]).toMatchObject({ kind: "change-set", name: `Change set ${setNumber}` });
    }
    expect((await ask(denialId))[0]).toMatchObject({ kind: "denial", href: `/denials/${denialId}` });
    expect((await ask(causeOfDenial(denialId)))[0]).toMatchObject({ kind: "cause", href: `/denials/${denialId}` });
  });

  it("a program, a person, a publisher, a key and a device by name", async () => {
    expect(await kindsOf(holder)).toEqual(["program"]);
    expect(await kindsOf(operator.email)).toEqual(["person"]);
    expect(await kindsOf(publisher.kid.slice(0, 12))).toContain("key");
    expect(await kindsOf("Till")).toEqual(["device"]);
    expect(await kindsOf("no such thing")).toEqual([]);
  });

  it("a few at most of each kind, and says that there are more", async () => {
    for (let nth = 0; nth <= ANSWERS_MAX; nth++) await held.person("auditor");
    const { answers, isMore } = await search(held.ctx, operator, { q: "auditor" });
    expect(answers.filter(({ kind }) => kind === "person")).toHaveLength(ANSWERS_MAX);
    expect(isMore).toBe(true);
  });

  it("of rules and grants those that have not ended", async () => {
    const { appId } = await held.program(publisher);
    const until = Math.floor(held.clock.nowMs() / 1000) + 60;
    const ending = { host: "brief.example", ports: [8443], purposes: ["request"], until };
    const changes = [
      { member: `program:${appId}/host:new`, after: ending },
      { member: `program:${appId}/grant:camera.capture`, after: { consent: "ask", until } },
    ];
    const set = await proposeAtOnce(held.ctx, operator, { changes, reason: "For one day." });
    await approveChangeSet(held.ctx, await held.person("security"), set.id, { reason: "" });
    await publishChangeSet(held.ctx, operator, set.id);
    expect(await kindsOf("brief.example")).toEqual(["host-rule"]);
    expect((await ask("camera.capture")).map(({ id }) => id)).toEqual([appId]);
    held.clock.advance(60);
    expect(await kindsOf("brief.example")).toEqual(["host-unknown"]);
    expect((await ask("camera.capture")).map(({ href }) => href)).toEqual(["/programs"]);
  });

  it("of the programs that tried a host those that were refused it most", async () => {
    const times = [1, 2, 3, 4, 5, 6, 7, 8];
    const appIds = times.map((nth) => `com.example.tries.p${nth}`);
    await refuse("much.example", appIds, times);
    const { answers, isMore } = await search(held.ctx, operator, { q: "much.example" });
    expect(answers.map(({ id }) => id)).toEqual(appIds.slice(-ANSWERS_MAX).reverse());
    expect(isMore).toBe(true);
  });

  it("to nobody who reads nothing, and of people and devices to nobody who may not read them", async () => {
    const developer = await held.person("developer", { publisherId: publisher.id });
    expect((await refusalOf(search(held.ctx, developer, { q: HOST }))).code).toBe("forbidden");
    const nobody = { ...operator, role: "developer" as const };
    expect((await refusalOf(search(held.ctx, nobody, { q: operator.email }))).code).toBe("forbidden");
  });

  it("whatever it is", async () => {
    for (const q of [
      "%",
      "_",
      "\\",
      "'",
      "*",
      "a".repeat(253),
      "::1",
      "9999999999",
      "[[",
      "\u202e",
      "bücher.example",
      "*.example.com",
    ]) {
      await expect(search(held.ctx, operator, { q })).resolves.toMatchObject({ isMore: expect.any(Boolean) });
    }
  });

  it("of so many programs, and says where it stopped", async () => {
    expect((await search(held.ctx, operator, { q: "far.example" })).isMore).toBe(false);
    const appIds = Array.from({ length: PROBED_MAX }, (_, nth) => `com.example.many.p${nth}`);
    await refuse("far.example", ["com.zzz.last", ...appIds], [3]);
    const { answers, isMore } = await search(held.ctx, operator, { q: "far.example" });
    expect(answers).toMatchObject([
      { kind: "host-unknown", detail: expect.stringContaining("none of 1,000 programs") },
    ]);
    expect(isMore).toBe(true);
  });
});
