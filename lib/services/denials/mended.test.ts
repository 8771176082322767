import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { denialJudgements, denialMends, denialSightings, documents, events, hourDetails } from "@/db/schema";
import type { DenialCause } from "@/lib/contracts/programs";
import { DENIAL_CODES } from "@/native/core/codes";
import { causeKey } from "@/native/core/decide/cause-key";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { nodeCrypto } from "@/native/node/crypto";
import { getChangeSet } from "../change-sets/get-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { refusalOf } from "../testing/refusal-of";
import { acknowledgeCause, reopenCause } from "./acknowledge";
import { getDenial } from "./get-denial";
import { forgetCauses, judgeCauses } from "./judge-causes";
import { listDenials } from "./list-denials";
import { type DenialFixture, HOST, openDenialFixture } from "./testing/denial-fixture";

let fixture: DenialFixture;

beforeEach(async () => {
  fixture = await openDenialFixture();
});
afterEach(() => fixture.held.close());

const judge = async () => expect(await judgeCauses(fixture.held.ctx.store, fixture.held.ctx)).toBe(false);
const effectOf = async (denialId: string) => (await getDenial(fixture.held.ctx, fixture.auditor, denialId)).effect;
async function causeOf(versionCode = 2): Promise<DenialCause> {
  const { held, auditor, appId } = fixture;
  const { causes } = await listDenials(held.ctx, auditor, { appId, range: "24h", version: versionCode });
  const [cause] = causes;
  if (cause === undefined) throw new Error("nothing was refused");
  return cause;
}
const block = (hosts: readonly string[]) =>
  narrowAtOnce(fixture.held.ctx, fixture.security, {
    changes: hosts.map((host) => ({ member: `platform/blocked-host:${host}`, after: true })),
    reason: "It is attacked.",
  });

describe("a cause that a decision mended", () => {
  it("is told with the decision, and with what went through in minutes that closed since, wherever it is asked", async () => {
    const { held, allowHost, tell, inForce, auditor } = fixture;
    const denialId = await tell({ refused: 3 });
    await judge();
    expect((await causeOf()).mended).toBeNull();
    const { id, number } = await allowHost();
    await judge();
    const { program } = await inForce();
    await tell({ allowed: 5 });
    await tell({ allowed: 7, versionCode: 1 });
    await tell({ allowed: 2 });
    const since = { document: "program", position: { epoch: 1, revision: program }, changeSetNumber: number };
    const mended = { since, isFirst: true, through: 7, isAtLeast: false };
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", ...mended, stillRefused: [] });
    expect((await causeOf()).mended).toMatchObject(mended);
    expect((await getChangeSet(held.ctx, auditor, id)).mended).toEqual([
      expect.objectContaining({ code: "HOST_NOT_ALLOWED", target: `${HOST}:443`, purpose: "request", through: 7 }),
    ]);
    // What was counted is kept, whatever becomes of the hours that it was counted beside.
    await held.ctx.store.transaction(({ db }) => db.delete(hourDetails));
    await judge();
    expect(await effectOf(denialId)).toMatchObject(mended);
  });

  it("counts what hours tell already where it was judged late, and nothing twice", async () => {
    const { allowHost, tell } = fixture;
    const denialId = await tell({ refused: 1 });
    await allowHost();
    await tell({ allowed: 5 });
    await judge();
    await judge();
    await tell({ allowed: 2 });
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", through: 7 });
  });

  it("counts no minute of a device that enforced what was before, and those of a later epoch", async () => {
    const { allowHost, tell, inForce } = fixture;
    const before = await inForce();
    const denialId = await tell({ refused: 1 });
    await allowHost();
    await judge();
    await tell({ allowed: 5, applied: before });
    await tell({ allowed: 3, applied: { epoch: before.epoch + 1, platform: 1, program: 1 } });
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", through: 3 });
  });

  it("says that it is the least where some may be counted under another name", async () => {
    const { allowHost, tell } = fixture;
    await tell({ refused: 1 });
    await allowHost();
    await judge();
    await tell({ allowed: 4, others: 9 });
    expect((await causeOf()).mended).toMatchObject({ through: 4, isAtLeast: true });
  });

  it("is mended when it is for all purposes, each judged by itself", async () => {
    const { allowHost, decide, tell, appId } = fixture;
    const denialId = await tell({ refused: 1 });
    await tell({ refused: 1, purpose: "upload" });
    await allowHost(["request"]);
    await judge();
    expect((await causeOf()).mended).toBeNull();
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", stillRefused: ["upload"] });
    await allowHost(["request", "upload"]);
    await judge();
    // The rule is there; the call itself is not granted.
    expect((await causeOf()).mended).toBeNull();
    const { number } = await decide({ [`program:${appId}/grant:network.upload`]: { consent: "none" } });
    await judge();
    expect((await causeOf()).mended?.since).toMatchObject({ changeSetNumber: number });
    await tell({ allowed: 2 });
    await tell({ allowed: 3, purpose: "upload" });
    expect((await causeOf()).mended).toMatchObject({ through: 5 });
  });

  it("is allowed since the decision from which on no document refused it, of whichever kind", async () => {
    const { held, allowHost, tell, inForce, decide } = fixture;
    const denialId = await tell({ refused: 1 });
    await allowHost();
    await block([HOST]);
    held.clock.advance(60);
    await judge();
    expect(await effectOf(denialId)).toEqual({ state: "refused" });
    const { number } = await decide({ [`platform/blocked-host:${HOST}`]: null });
    const { platform } = await inForce();
    const since = { document: "platform", position: { epoch: 1, revision: platform }, changeSetNumber: number };
    // Found among documents, and as it was kept.
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", isFirst: true, since });
    await judge();
    expect(await effectOf(denialId)).toMatchObject({ state: "allowed", isFirst: true, since });
  });

  it("is open again, and counted anew, where a later decision refuses it", async () => {
    const { allowHost, removeHost, tell } = fixture;
    await tell({ refused: 1 });
    await allowHost();
    await judge();
    await tell({ allowed: 4 });
    await removeHost();
    expect((await causeOf()).mended).toBeNull();
    await judge();
    const { number } = await allowHost();
    await judge();
    await tell({ allowed: 1 });
    expect((await causeOf()).mended).toMatchObject({ since: { changeSetNumber: number }, through: 1 });
  });

  it("is told with no more than is known where hours do not tell who enforced the decision", async () => {
    const { allowHost, tell, inForce, decide } = fixture;
    await tell({ refused: 1 });
    await allowHost();
    await block([HOST]);
    fixture.held.clock.advance(60);
    const blocked = await inForce();
    await decide({ [`platform/blocked-host:${HOST}`]: null });
    await tell({ allowed: 9, applied: { ...blocked, platform: blocked.platform - 1 } });
    await judge();
    expect((await causeOf()).mended).toMatchObject({ through: 0, isAtLeast: true });
    await tell({ allowed: 2 });
    expect((await causeOf()).mended).toMatchObject({ through: 2, isAtLeast: true });
  });

  it("is judged though another program cannot be, of which it is told", async () => {
    const { held, allowHost, tell } = fixture;
    const { store } = held.ctx;
    await tell({ refused: 1 });
    await allowHost();
    await store.transaction(async ({ db }) => {
      const [document] = await db.select().from(documents).where(eq(documents.appId, fixture.appId)).limit(1);
      if (document === undefined) throw new Error("nothing was published");
      await db
        .insert(documents)
        .values({ ...document, id: "doc_broken", appId: "a.broken", jws: "no.document.at-all" });
      await db.insert(denialJudgements).values({ appId: "a.broken", judged: "" });
    });
    await expect(judgeCauses(store, held.ctx)).rejects.toThrow(SyntaxError);
    expect((await causeOf()).mended).toMatchObject({ since: { document: "program" } });
  });

  it("is of what its key is of: what a device says of it under another name is not noted", async () => {
    const { held, tell } = fixture;
    await tell({ refused: 1, toldHost: "other.example.com", purpose: "upload" });
    await tell({ refused: 1 });
    const sightings = await held.ctx.store.db.select().from(denialSightings);
    expect(sightings.map(({ purpose, about }) => [purpose, about.host])).toEqual([["request", HOST]]);
  });

  it("is none of a kind that no revision mends", async () => {
    const { held, allowHost, tell } = fixture;
    const denialId = await tell({ refused: 1 });
    await held.ctx.store.transaction(async ({ db }) => {
      await db.update(events).set({ code: "TLS_INVALID" });
      await db.update(denialSightings).set({ about: { code: "TLS_INVALID", layer: "host", host: HOST, port: 443 } });
    });
    await allowHost();
    await judge();
    expect((await causeOf()).mended).toBeNull();
    expect(await effectOf(denialId)).toEqual({ state: "beyond" });
  });

  it("is forgotten with what was counted of it", async () => {
    const { held, allowHost, tell } = fixture;
    await tell({ refused: 1 });
    const { id } = await allowHost();
    await judge();
    // Judged while its cause went, or its sightings were lost: nothing would ever tell of it again.
    const [kept] = await held.ctx.store.db.select().from(denialMends);
    if (kept === undefined) throw new Error("nothing was judged to be mended");
    const alone = { ...kept, cause: "0".repeat(16) };
    await held.ctx.store.transaction(({ db }) => db.insert(denialMends).values(alone));
    await forgetCauses(held.ctx.store, held.clock.nowMs());
    expect((await getChangeSet(held.ctx, fixture.auditor, id)).mended).toHaveLength(2);
    held.clock.advance(92 * 86_400);
    await forgetCauses(held.ctx.store, held.clock.nowMs());
    expect((await getChangeSet(held.ctx, fixture.auditor, id)).mended).toHaveLength(0);
  });
});

describe("a cause that somebody acknowledged", () => {
  const of = (denialId: string) => ({
    appId: fixture.appId,
    cause: causeOfDenial(denialId),
    reason: "Known, and meant.",
  });

  it("is so for everybody, with who said it, when and why, until it is taken back; both are in the audit log", async () => {
    const { held, operator, security, tell } = fixture;
    const cause = of(await tell({ refused: 1 }));
    await acknowledgeCause(held.ctx, security, cause);
    const at = new Date(held.clock.nowMs()).toISOString();
    const acknowledged = { by: { name: security.name }, at, reason: cause.reason, isOpenAgain: false };
    expect(await causeOf()).toMatchObject({ acknowledged });
    await reopenCause(held.ctx, operator, cause);
    expect((await causeOf()).acknowledged).toBeNull();
    expect((await refusalOf(reopenCause(held.ctx, operator, cause))).code).toBe("not_found");
    const subject = `program:${cause.appId}/cause:${cause.cause}`;
    expect(await held.audited({ subject })).toEqual(["denial.acknowledge", "denial.reopen"]);
  });

  it("may be so before its first minute has closed, by what its records say, and stays so when it has", async () => {
    const { held, security, tell } = fixture;
    const denialId = await tell({ refused: 1 });
    const counted = await held.ctx.store.db.select().from(denialSightings);
    expect(counted.length).toBeGreaterThan(0);
    await held.ctx.store.transaction(({ db }) => db.delete(denialSightings));
    await acknowledgeCause(held.ctx, security, of(denialId));
    await held.ctx.store.transaction(({ db }) => db.insert(denialSightings).values(counted));
    expect(await causeOf()).toMatchObject({ acknowledged: { isOpenAgain: false } });
  });

  it("is so by operators and security alone", async () => {
    const { held, auditor, tell } = fixture;
    const cause = of(await tell({ refused: 1 }));
    for (const actor of [auditor, await held.person("admin"), await held.person("developer")]) {
      expect((await refusalOf(acknowledgeCause(held.ctx, actor, cause))).code).toBe("forbidden");
      expect((await refusalOf(reopenCause(held.ctx, actor, cause))).code).toBe("forbidden");
    }
    expect((await causeOf()).acknowledged).toBeNull();
  });

  it("opens again for a new purpose and on a new kind of runtime, and says where", async () => {
    const { held, operator, tell } = fixture;
    const denialId = await tell({ refused: 1 });
    await acknowledgeCause(held.ctx, operator, of(denialId));
    await tell({ refused: 9 });
    expect((await causeOf()).acknowledged).toMatchObject({ isOpenAgain: false });
    // Of which the version declares no API: it is never asked for a host.
    await tell({ refused: 1, purpose: "download" });
    expect((await causeOf()).acknowledged).toMatchObject({ isOpenAgain: false, newPurposes: [] });
    await tell({ refused: 1, purpose: "upload", runtimeKind: "android" });
    const again = { isOpenAgain: true, newPurposes: ["upload"], newRuntimes: ["android"] };
    expect((await causeOf()).acknowledged).toMatchObject(again);
    expect((await getDenial(held.ctx, operator, denialId)).acknowledged).toMatchObject(again);
    await acknowledgeCause(held.ctx, operator, of(denialId));
    expect((await causeOf()).acknowledged).toMatchObject({ isOpenAgain: false, newPurposes: [], newRuntimes: [] });
  });

  it.each(["of a host", "of an API"])(
    "is opened by no purpose that nothing is asked for, %s, whatever the code",
    async (kind) => {
      const { held, tell } = fixture;
      const isOfHost = kind === "of a host";
      const seen = () => held.ctx.store.db.select().from(denialSightings);
      const codes = DENIAL_CODES.filter((code) => !(isOfHost && code === "UNKNOWN_API"));
      const subject = isOfHost ? `${HOST}:443` : "network.request";
      const told = (about: Record<string, unknown>) =>
        codes.map((code) => ({
          cause: causeKey({ appId: fixture.appId, versionCode: 2, code, subject }, nodeCrypto.sha256),
          ...{ code, layer: "host" as const, rule: null, count: 1 },
          ...about,
        }));
      const api = "network.request";
      const host = { api, host: HOST, port: 443 };
      await fixture.allowHost();
      await tell({ denials: told(isOfHost ? { ...host, purpose: "request" } : { api }) });
      expect((await seen()).map(({ purpose }) => purpose)).toEqual(codes.map(() => (isOfHost ? "request" : "")));
      const madeUp = isOfHost
        ? [host, { ...host, purpose: "download" }, { api: subject }, { api: subject, purpose: "upload" }]
        : [
            { api, purpose: "download" },
            { api, purpose: "upload" },
            { ...host, purpose: "upload" },
          ];
      for (const about of madeUp) await tell({ denials: told(about) });
      expect((await seen()).map(({ purpose }) => purpose)).toEqual(codes.map(() => (isOfHost ? "request" : "")));
    },
  );

  it("is none that was never seen, or of another program", async () => {
    const { held, operator, tell } = fixture;
    const cause = of(await tell({ refused: 1 }));
    const { appId: other } = await held.program();
    for (const unknown of [
      { ...cause, appId: other },
      { ...cause, cause: "0".repeat(16) },
    ]) {
      expect((await refusalOf(acknowledgeCause(held.ctx, operator, unknown))).code).toBe("not_found");
    }
  });
});
