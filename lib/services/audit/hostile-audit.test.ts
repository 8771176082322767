import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntries } from "@/db/schema";
import { insertRows } from "@/db/write-rows";
import { appendAudit } from "@/lib/audit/append-audit";
import { auditEntryViewSchema, auditListSchema } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import { cursorsOf, GREAT, MOST, TEXTS } from "../testing/hostile-values";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { getAuditEntry } from "./get-audit-entry";
import { listAudit } from "./list-audit";

const PROGRAMS = 1_000;

let fixture: ServiceFixture;
let auditor: PersonActor;
let mine: string;
let other: string;

const named = (name: string): Actor => ({ kind: "system", name });
const list = (query: Parameters<typeof listAudit>[2]) => listAudit(fixture.ctx, auditor, query);
const cursorTo = (sequence: number) => Buffer.from(JSON.stringify(["audit", [sequence]])).toString("base64url");

beforeAll(async () => {
  fixture = await openServiceFixture();
  auditor = await fixture.person("auditor");
  ({ appId: mine } = await fixture.program());
  ({ appId: other } = await fixture.program());
  await fixture.ctx.store.transaction(async (tx) => {
    for (const text of Object.values(TEXTS)) {
      const entry = { actor: named(text), action: "clock.confirm", subject: text, reason: text } as const;
      await appendAudit(tx, fixture.ctx, { ...entry, appId: mine, before: { [text]: text }, after: [text, ...GREAT] });
    }
    await appendAudit(tx, fixture.ctx, {
      ...{ actor: named("numbers"), action: "clock.confirm", subject: "numbers", appId: other },
      ...{ before: { not: Number.NaN, endless: Number.POSITIVE_INFINITY, negative: -MOST }, after: { great: 2 ** 70 } },
    });
  });
  // As a log of older releases or other hands may hold it, far past what is counted in 32 bits; nothing signed is of it.
  const at = new Date(fixture.clock.nowMs());
  const row = { at, action: "clock.confirm", previousSha256: "0".repeat(64), sha256: "0".repeat(64) };
  await fixture.ctx.store.transaction(async ({ db }) => {
    const rows = Array.from({ length: PROGRAMS }, (_, nth) => ({
      ...{ ...row, sequence: 2 ** 33 + nth, id: `aud_great_${nth}`, actor: { kind: "system", name: "great" } },
      ...{ subject: `program:com.example.great${nth}`, appId: `com.example.great${nth}` },
    }));
    await insertRows(db, auditEntries, rows);
    await db.insert(auditEntries).values([
      { ...row, sequence: MOST - 1, id: "aud_odd", actor: { kind: 7, id: {}, name: null }, subject: "odd" },
      { ...row, sequence: MOST, id: "aud_none", actor: {}, subject: "odd", before: null, after: "NaN" },
    ]);
  });
});
afterAll(() => fixture.close());

describe("the audit log, of whatever stands in it", () => {
  test("is read whole by its own cursors, each entry once and as the contract says", async () => {
    const seen: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = auditListSchema.parse(await list(cursor === undefined ? {} : { cursor }));
      seen.push(...page.items.map(({ sequence }) => sequence));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect(new Set(seen).size).toBe(seen.length);
    expect((await list({})).total).toEqual({ atLeast: seen.length, isExact: true });
    expect(seen.length).toBeGreaterThan(PROGRAMS + Object.keys(TEXTS).length);
  });

  test("shows each entry by itself as the list does, text as it was told and numbers as they can be", async () => {
    for (const { sequence, ...entry } of (await list({ appId: mine, action: "clock.confirm" })).items) {
      expect(auditEntryViewSchema.parse(await getAuditEntry(fixture.ctx, auditor, sequence))).toEqual({
        sequence,
        ...entry,
      });
      expect(Object.values(TEXTS)).toContain(entry.subject);
      expect(entry.actor.name).toBe(entry.subject);
      expect(entry.after).toEqual([entry.subject, ...GREAT]);
    }
    const [odd, none] = [
      await getAuditEntry(fixture.ctx, auditor, MOST - 1),
      await getAuditEntry(fixture.ctx, auditor, MOST),
    ];
    expect([odd.actor, none.actor]).toEqual([
      { kind: "system", id: null, name: "", nameNow: null },
      { kind: "system", id: null, name: "", nameNow: null },
    ]);
    expect(JSON.stringify((await list({ appId: other, action: "clock.confirm" })).items)).not.toContain("NaN");
  });

  test("keeps programs and what is looked for apart", async () => {
    const ofMine = await list({ appId: mine, action: "clock.confirm" });
    expect(ofMine.total).toEqual({ atLeast: Object.keys(TEXTS).length, isExact: true });
    expect(ofMine.items.every(({ appId }) => appId === mine)).toBe(true);
    expect((await list({ appId: `${mine}%` })).items).toEqual([]);
    expect((await list({ appId: "com.example.great7" })).items.map(({ id }) => id)).toEqual(["aud_great_7"]);
    expect((await list({ action: "%" })).items).toEqual([]);
  });

  test("finds what is searched for as text, in as many entries as a page looks through", async () => {
    const near = async (q: string) => {
      const found: string[] = [];
      for (let cursor: string | null | undefined, turns = 0; cursor !== null && turns < 3; turns += 1) {
        const page = await list(cursor === undefined ? { q } : { q, cursor });
        found.push(...page.items.map(({ subject }) => subject));
        cursor = page.nextCursor;
      }
      return found;
    };
    expect(await near("odd")).toEqual(["odd", "odd"]);
    expect(await near("%_\\%_")).toEqual([]);
  });

  test("has nothing for cursors that it never gave, nor for entries that are not there", async () => {
    for (const cursor of cursorsOf("audit", 1)) {
      expect((await refusalOf(list({ cursor }))).code, cursor.slice(0, 80)).toBe("invalid_input");
    }
    for (const sequence of [-1, 0, -MOST]) {
      expect(await list({ cursor: cursorTo(sequence), q: "x" })).toMatchObject({ items: [], nextCursor: null });
      expect(await list({ cursor: cursorTo(sequence) })).toMatchObject({ items: [], nextCursor: null });
    }
    for (const sequence of [-1, 0, MOST - 7]) {
      expect((await refusalOf(getAuditEntry(fixture.ctx, auditor, sequence))).code).toBe("not_found");
    }
  });

  test("is of no use to publishers' people", async () => {
    const developer = await fixture.person("developer");
    expect((await refusalOf(listAudit(fixture.ctx, developer, {}))).code).toBe("forbidden");
    expect((await refusalOf(getAuditEntry(fixture.ctx, developer, 1))).code).toBe("forbidden");
  });
});
