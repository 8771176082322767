import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { auditHeads } from "@/db/schema";
import { testStoreKind } from "@/db/testing/with-test-store";
import { appendAudit } from "@/lib/audit/append-audit";
import { readLogRecords } from "@/lib/audit/log-records";
import { learnHeldDocument } from "@/lib/sync/continuity/learn-held";
import { TEST_PLATFORM } from "@/lib/sync/testing/sync-fixture";
import { narrowAtOnce } from "../change-sets/narrow";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { admitLoss } from "./admit-loss";
import { exportAuditLog } from "./export-audit-log";
import { getAuditEntry } from "./get-audit-entry";
import { listAudit } from "./list-audit";
import { checkAudit, verifyAuditLog } from "./verify-audit-log";

let fixture: ServiceFixture;
let auditor: PersonActor;
let security: PersonActor;
const apps: string[] = [];

beforeEach(async () => {
  fixture = await openServiceFixture();
  auditor = await fixture.person("auditor");
  security = await fixture.person("security");
  apps.length = 0;
  for (let n = 0; n < 3; n += 1) apps.push((await fixture.program()).appId);
  // What is signed in another second tells before from after.
  fixture.clock.advance(60);
});
afterEach(() => fixture.close());

const tend = () => fixture.ctx.heads.tend(fixture.ctx.store);
const suspend = (appId = "") =>
  narrowAtOnce(fixture.ctx, security, {
    changes: [{ member: `program:${appId}/status`, after: "suspended" }],
    reason: "It phones home.",
  });
const execute = (...statements: string[]) =>
  fixture.ctx.store.transaction(async ({ db }) => {
    for (const statement of statements) await db.execute(sql.raw(statement));
  });
const fault = async () => (await fixture.ctx.heads.judge(fixture.ctx.store.db)).fault;
const end = async () => (await fixture.ctx.heads.judge(fixture.ctx.store.db)).end.sequence;

/** The database as it was when the log ended there, as a failover to an older replica leaves it. */
async function fallBack(to: number, documents: number): Promise<void> {
  await execute(
    `delete from audit_entries where sequence > ${to}`,
    `delete from audit_heads where sequence > ${to}`,
    `delete from documents where kind = 'platform' and revision > ${documents}`,
    `delete from documents where kind = 'program' and revision > 1`,
    `update audit_head set sequence = ${to}, sha256 = (select sha256 from audit_entries where sequence = ${to})`,
  );
}

describe(`the log that people read (${testStoreKind()})`, () => {
  it("is not shown while it lacks what was signed, is verified and exported all the same, and nothing is kept from stopping", async () => {
    await suspend(apps[0]);
    await tend();
    expect((await listAudit(fixture.ctx, auditor, {})).items.length).toBeGreaterThan(0);
    await execute(
      "delete from audit_entries where sequence = (select max(sequence) from audit_entries)",
      "update audit_head set (sequence, sha256) = (select sequence, sha256 from audit_entries order by sequence desc limit 1)",
    );
    const last = (await end()) + 1;
    for (const read of [() => listAudit(fixture.ctx, auditor, {}), () => getAuditEntry(fixture.ctx, auditor, 1)]) {
      await expect(read()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("admit-loss"),
        details: [{ code: "TRUNCATED", message: `Entry ${last}.` }],
      });
    }
    fixture.clock.advance(60);
    await suspend(apps[1]);
    expect((await fixture.platformClaims()).suspended).toContain(apps[1]);
    expect(await verifyAuditLog(fixture.ctx, auditor)).toMatchObject({
      isWhole: false,
      // The entry behind the last one that something signed vouches for.
      firstBadSequence: last - 1,
    });
    const exported = await new Response(await exportAuditLog(fixture.ctx, auditor, "req_1")).text();
    expect(exported.split("\n").filter((line) => line.startsWith('{"head"')).length).toBeGreaterThan(1);
  });

  it.each([
    ["after the next minute", true],
    ["before it", false],
  ])(
    "goes on after a loss that somebody admits, with what went out meanwhile, and says so; a cut that nobody admits stays one (published %s)",
    async (_, isTended) => {
      await tend();
      const documents = (await newestDocument(fixture.ctx.store.db, "platform", ""))?.revision ?? 0;
      const before = await end();
      fixture.clock.advance(60);
      await suspend(apps[1]);
      await tend();
      await fallBack(before, documents);
      await suspend(apps[0]);
      await tend();
      const cut = await verifyAuditLog(fixture.ctx, auditor);
      expect(cut.isWhole).toBe(false);
      expect(cut.findings.map(({ says }) => says).join()).toMatch(/\(.*entry \d+\)/);

      fixture.clock.advance(60);
      const lost = await admitLoss(fixture.ctx, fixture.ctx.heads.files);
      expect(lost.fromSequence).toBeLessThanOrEqual(before + 1);
      await expect(admitLoss(fixture.ctx, fixture.ctx.heads.files)).rejects.toMatchObject({ code: "conflict" });
      if (isTended) await tend();
      await suspend(apps[2]);
      await tend();
      const found = await verifyAuditLog(fixture.ctx, auditor);
      expect(found.findings).toEqual([]);
      expect(found).toMatchObject({
        isWhole: true,
        lost: expect.any(Number),
        losses: [{ sequence: expect.any(Number) }],
      });
      expect(found.lost).toBeGreaterThan(0);
      expect((await listAudit(fixture.ctx, auditor, { action: "audit.loss" })).items).toHaveLength(1);
    },
  );

  it("is verified from the roots that are kept beside the database, where some are kept", async () => {
    const { ctx } = fixture;
    expect(await checkAudit(ctx)).toMatchObject({ isWhole: true });
    const others = { rootThumbprints: ["x".repeat(43)], threshold: 1 };
    const keysets = { ...ctx.keysets, roots: () => others };
    expect(await checkAudit({ ...ctx, keysets })).toMatchObject({ isWhole: false });
  });

  it("is whole while it goes on: what is signed after journal and files were read is in both", async () => {
    const { heads, store } = fixture.ctx;
    await suspend(apps[0]);
    let copied = 0;
    const signed = () => store.db.select({ sequence: auditHeads.sequence, jws: auditHeads.jws }).from(auditHeads);
    const outside = {
      ...heads,
      async *journaled() {
        yield* await signed();
        await suspend(apps[1]);
      },
      // And what is signed after the files were read stands in them.
      async copy(...args: Parameters<typeof heads.copy>) {
        await heads.copy(...args);
        copied += 1;
        if (copied === 1) await suspend(apps[2]);
      },
    };
    const before = (await signed()).length;
    const { records } = await readLogRecords(store.db, outside);
    const kept: unknown[] = [];
    for await (const record of records()) {
      if (typeof record === "object" && record !== null && "kept" in record) kept.push(record.kept);
    }
    expect(kept.length).toBeGreaterThanOrEqual(before + 2);
    for (const places of kept) expect(places).toEqual(["table", "file", "journal"]);
  });

  describe("that a signed document contradicts, handed back by a device", () => {
    let contradicted: number;
    let held: string;
    /** Once as the document that it is, once as evidence. */
    const timesExported = async () =>
      (await new Response(await exportAuditLog(fixture.ctx, auditor, "req_1")).text()).split(
        JSON.stringify({ document: held }),
      ).length - 1;

    beforeEach(async () => {
      await suspend(apps[0]);
      held = (await newestDocument(fixture.ctx.store.db, "platform", ""))?.jws ?? "";
      const handBack = () =>
        learnHeldDocument(fixture.ctx.store, fixture.ctx, {
          ...{ deviceId: "dev_a", platform: TEST_PLATFORM, jws: new TextEncoder().encode(held) },
        });
      await handBack();
      expect(await fault()).toBeNull();
      contradicted = await end();
      await suspend(apps[1]);
      // Neither the newest head nor the end of the log tells of it.
      await execute(`update audit_entries set sha256 = repeat('a', 64) where sequence = ${contradicted}`);
      await handBack();
      fixture.clock.advance(60);
    });

    it("keeps it as evidence", async () => {
      expect(await fault()).toMatchObject({ code: "WITNESSED", sequence: contradicted });
      expect(await verifyAuditLog(fixture.ctx, auditor)).toMatchObject({ isWhole: false });
      expect(await timesExported()).toBe(2);
    });

    it.each(["audit.loss", "store.restore"] as const)(
      "is not excused by an entry %s that somebody wrote into the database",
      async (action) => {
        await fixture.ctx.store.transaction((tx) =>
          appendAudit(tx, fixture.ctx, {
            ...{ actor: { kind: "system", name: "server command" }, action, subject: "audit" },
            after: { fromSequence: 1 },
          }),
        );
        expect(await fault()).toMatchObject({ code: "WITNESSED", sequence: contradicted });
        expect(await timesExported()).toBe(2);
      },
    );

    it("is judged by the log's own entries while the data folder cannot be read, and keeps nobody from stopping a program", async () => {
      const { files } = fixture.ctx.heads;
      const unreadable = () => Promise.reject(new Error("the folder is away"));
      Object.assign(files, {
        last: unreadable,
        read: () => ({ [Symbol.asyncIterator]: () => ({ next: unreadable }) }),
      });
      expect(await fault()).toMatchObject({ code: "WITNESSED", sequence: contradicted });
      await fixture.ctx.store.transaction((tx) =>
        appendAudit(tx, fixture.ctx, {
          ...{ actor: { kind: "system", name: "server command" }, action: "audit.loss", subject: "audit" },
          after: { fromSequence: 1 },
        }),
      );
      expect(await fault()).toBeNull();
      await suspend(apps[2]);
      expect((await fixture.platformClaims()).suspended).toContain(apps[2]);
    });

    it("is excused by a loss that somebody admits with the data folder in hand", async () => {
      expect(await admitLoss(fixture.ctx, fixture.ctx.heads.files)).toMatchObject({ toSequence: contradicted });
      expect(await fault()).toBeNull();
      expect(await timesExported()).toBe(1);
    });
  });
});
