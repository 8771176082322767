import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { auditEntries } from "@/db/schema";
import type { Store } from "@/db/store";
import { openTestStore, testStoreKind, withTestStore } from "@/db/testing/with-test-store";
import type { Actor } from "@/lib/domain/roles";
import { randomIds } from "@/lib/platform/ids";
import { appendAudit, lockAuditEnd } from "./append-audit";
import { readAuditHead } from "./audit-head";
import { readLossEntries } from "./losses";
import { verifyEntries } from "./testing/verify-entries";
import { walkAudit } from "./walk-audit";

let nowMs = Date.parse("2026-02-01T00:00:00Z");
const context = { ids: randomIds, clock: { nowMs: () => nowMs++ } };
const ada: Actor = {
  kind: "person",
  personId: "per_ada",
  name: "Ada",
  email: "ada@example.test",
  role: "security",
  publisherId: null,
  sessionId: "ses_secret",
};

const append = (store: Store, subject: string) =>
  store.transaction((tx) => appendAudit(tx, context, { actor: ada, action: "changeSet.narrow", subject }));

describe(`the audit log (${testStoreKind()})`, () => {
  const held = withTestStore();

  it("is one chain, whoever writes at once", async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => append(held.store, `program:p${n}`)));
    expect(await verifyEntries(held.store.db)).toMatchObject({ isWhole: true, entries: 12 });
    expect((await readAuditHead(held.store.db)).sequence).toBe(12);
  });

  it("is in the order of appending even when the clock goes back", async () => {
    nowMs -= 86_400_000;
    await append(held.store, "program:late");
    expect(await verifyEntries(held.store.db)).toMatchObject({ isWhole: true, entries: 13 });
  });

  it("is one chain also of entries that a transaction asks for at once, in the order of asking", async () => {
    await held.store.transaction(async (tx) => {
      const entry = { actor: ada, action: "changeSet.narrow" as const };
      const add = (subject: string) => appendAudit(tx, context, { ...entry, subject });
      const ends = await Promise.all([lockAuditEnd(tx), add("program:first"), add("program:second")]);
      expect(ends.map(({ sequence }) => sequence)).toEqual([13, 14, 15]);
    });
    expect(await verifyEntries(held.store.db)).toMatchObject({ isWhole: true, entries: 15 });
    const newest = held.store.db.select().from(auditEntries).orderBy(sql`sequence desc`).limit(2);
    expect((await newest).map(({ subject }) => subject)).toEqual(["program:second", "program:first"]);
  });

  it("keeps an entry only with what it tells of", async () => {
    const before = await readAuditHead(held.store.db);
    await expect(
      held.store.transaction(async (tx) => {
        await appendAudit(tx, context, { actor: ada, action: "program.register", subject: "program:x" });
        throw new Error("the write failed");
      }),
    ).rejects.toThrow();
    expect(await readAuditHead(held.store.db)).toEqual(before);
  });

  it("is walked between two of its entries", async () => {
    const walked: number[] = [];
    const between = walkAudit(held.store.db, { afterSequence: 2, upToSequence: 5 });
    for await (const { sequence } of between) walked.push(sequence);
    expect(walked).toEqual([3, 4, 5]);
  });

  it("tells of its losses in their order, however their rows lie", async () => {
    const lose = () =>
      held.store.transaction((tx) =>
        appendAudit(tx, context, { actor: ada, action: "audit.loss", subject: "audit", after: { fromSequence: 1 } }),
      );
    for (let n = 0; n < 3; n += 1) await lose();
    const all = () => readLossEntries(held.store.db);
    const [first] = await all();
    // A row that is written again lies behind the others.
    await held.store.transaction(({ db }) =>
      db
        .update(auditEntries)
        .set({ requestId: null })
        .where(eq(auditEntries.sequence, first?.sequence ?? 0)),
    );
    const sequences = (await all()).map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(3);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it("leaves out secrets, takes hostile text, and still hashes to what is stored", async () => {
    await held.store.transaction((tx) =>
      appendAudit(tx, context, {
        actor: { ...ada, name: "A\0\uD800" },
        action: "publisher.create",
        subject: "publisher:\0",
        reason: '=cmd|"\r\n\u202E',
        before: "12",
        after: {
          token: "s3cret",
          nested: [{ passwordHash: "s3cret", jwk: { kty: "EC", d: "s3cret", x: "x" } }],
          at: new Date(0),
          ratio: 0.1,
          nothing: undefined,
          ["__proto__"]: 1,
        },
      }),
    );
    const [row] = await held.store.db.select().from(auditEntries).orderBy(sql`sequence desc`).limit(1);
    expect(row?.before).toBe("12");
    expect(JSON.stringify(row)).not.toMatch(/s3cret|ses_secret/);
    expect(await verifyEntries(held.store.db)).toMatchObject({ isWhole: true });
  });
});

describe(`a log that somebody changed by SQL (${testStoreKind()})`, () => {
  let store: Store;
  const TAMPERING: [title: string, statements: string[], firstBadSequence: number, problem: string][] = [
    ["an edited member", [`update audit_entries set subject = 'program:other' where sequence = 3`], 3, "DIGEST"],
    ["an edited instant", [`update audit_entries set at = at + interval '1 ms' where sequence = 2`], 2, "DIGEST"],
    ["a deleted entry", ["delete from audit_entries where sequence = 4"], 4, "SEQUENCE"],
    ["a deleted first entry", ["delete from audit_entries where sequence = 1"], 1, "SEQUENCE"],
    [
      "two entries in each other's place",
      [
        "update audit_entries set sequence = -2 where sequence = 2",
        "update audit_entries set sequence = 2 where sequence = 3",
        "update audit_entries set sequence = 3 where sequence = -2",
      ],
      2,
      "PREVIOUS",
    ],
    [
      "an inserted entry",
      [
        `insert into audit_entries (sequence, id, at, actor, action, subject, previous_sha256, sha256)
         select 7, 'aud_forged', now(), actor, action, subject, sha256, repeat('a', 64) from audit_entries where sequence = 6`,
      ],
      7,
      "DIGEST",
    ],
    ["a cut-off end", ["delete from audit_entries where sequence > 4"], 5, "TRUNCATED"],
  ];

  it.each(TAMPERING)("names the place of %s", async (_, statements, firstBadSequence, problem) => {
    store = await openTestStore();
    try {
      for (let n = 1; n <= 6; n += 1) await append(store, `program:p${n}`);
      await store.transaction(async (tx) => {
        for (const statement of statements) await tx.db.execute(sql.raw(statement));
      });
      expect(await verifyEntries(store.db)).toMatchObject({ isWhole: false, firstBadSequence, problem });
    } finally {
      await store.close();
    }
  });
});
