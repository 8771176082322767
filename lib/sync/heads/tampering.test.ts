import { appendFileSync } from "node:fs";
import { eq, gt, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditEntries, auditHead } from "@/db/schema";
import { testStoreKind } from "@/db/testing/with-test-store";
import { appendAudit } from "@/lib/audit/append-audit";
import { auditEntryLine, nodeDigest } from "@/lib/audit/audit-entry";
import { exportAudit } from "@/lib/audit/export-audit";
import { verifyAudit } from "@/lib/audit/verify-audit";
import { auditEntrySha256, CHAIN_START } from "@/native/core/audit/verify-chain";
import { verifyAuditLog } from "@/native/core/audit/verify-log";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import { nodeCrypto } from "@/native/node/crypto";
import { publishDocuments } from "../publish-documents";
import { publishNextKeyset } from "../testing/next-keyset";
import { openSyncFixture, type SyncFixture } from "../testing/sync-fixture";

/**
 * Whoever can write to the database, against all that was signed: each way of changing history is followed by ten ordinary
 * publishes, and is found with the first entry that may be wrong, by the server and from its export alone.
 */

const APP = "com.example.a";
const SYSTEM = { kind: "system", name: "test" } as const;
let fixture: SyncFixture;
let roots: RootTrust;

async function decide(): Promise<void> {
  fixture.clock.advance(1);
  await fixture.store.transaction(async (tx) => {
    const about = { actor: SYSTEM, subject: `program:${APP}` } as const;
    await appendAudit(tx, fixture.ctx, { ...about, action: "changeSet.approve" });
    await appendAudit(tx, fixture.ctx, { ...about, action: "changeSet.publish" });
    await publishDocuments(tx, fixture.ctx, { appIds: [APP], platform: true, changeSetId: null, narrows: false });
  });
}

/** A platform with a second keyset, some publishes, and something written between them. */
beforeEach(async () => {
  fixture = await openSyncFixture();
  const trusted = fixture.ctx.keysets.roots();
  if (trusted === null) throw new Error("the fixture names its root keys");
  roots = trusted;
  await fixture.addProgram(APP);
  await decide();
  await publishNextKeyset(fixture, {});
  await decide();
  fixture.clock.advance(60);
  await fixture.store.transaction((tx) =>
    appendAudit(tx, fixture.ctx, { actor: SYSTEM, action: "session.signIn", subject: "person:per_a" }),
  );
  await fixture.ctx.heads.tend(fixture.store);
  await decide();
  await fixture.ctx.heads.tend(fixture.store);
});
afterEach(() => fixture.close());

const execute = (statement: string) => fixture.store.transaction(({ db }) => db.execute(sql.raw(statement)));

async function goOn(): Promise<void> {
  for (let n = 0; n < 10; n += 1) {
    await decide();
    if (n % 3 === 0) await fixture.ctx.heads.tend(fixture.store);
  }
  await fixture.ctx.heads.tend(fixture.store);
}

/** Digests and numbers that fit again, as somebody writes them who can reckon. */
async function recompute(): Promise<void> {
  await fixture.store.transaction(async ({ db }) => {
    const rows = await db.select().from(auditEntries).orderBy(auditEntries.sequence);
    await db.delete(auditEntries).where(gt(auditEntries.sequence, 0));
    let last = { sequence: 0, sha256: CHAIN_START };
    for (const row of rows) {
      const line = { ...row, sequence: last.sequence + 1, previousSha256: last.sha256 };
      const sha256 = await auditEntrySha256(auditEntryLine(line), nodeDigest);
      await db.insert(auditEntries).values({ ...line, sha256 });
      last = { sequence: line.sequence, sha256 };
    }
    await db.update(auditHead).set(last).where(eq(auditHead.id, 1));
  });
}

const verify = () => verifyAudit(fixture.store.db, { roots, outside: fixture.ctx.heads });

/** What the export alone tells whoever has the root keys. */
async function verifyExport() {
  const lines: unknown[] = [];
  for await (const line of exportAudit(fixture.store.db, fixture.ctx.heads)) lines.push(JSON.parse(line));
  return await verifyAuditLog(lines, { trust: roots, crypto: nodeCrypto, digest: nodeDigest });
}

describe(`history in a database that somebody writes to (${testStoreKind()})`, { timeout: 120_000 }, () => {
  it("is whole where nobody did, with everything that was signed of it", async () => {
    await goOn();
    const found = await verify();
    expect(found.findings).toEqual([]);
    expect(found).toMatchObject({ isWhole: true, keysets: 2, vouchedSequence: found.entries, lost: 0, tornLines: 0 });
    expect(found.heads).toBeGreaterThan(14);
    expect(found.documents).toBe(27);
    expect(await verifyExport()).toMatchObject({ isWhole: true, entries: found.entries, heads: found.heads });
  });

  /**
   * What is done, and the first entry that may be wrong. Before it stand: 1 and 2 the keyset and its publish, 3 to 5 approval,
   * decision and publish, 6 the second keyset, 7 to 9 another decision, 10 a sign-in, 11 to 13 the last decision.
   */
  const CUT = `documents where kind = 'platform' and revision = 4`;
  const ATTACKS: [title: string, statements: (string | "recompute")[], firstBadSequence: number][] = [
    ["every approval deleted", ["delete from audit_entries where action = 'changeSet.approve'"], 3],
    [
      "every approval deleted and the chain recomputed",
      ["delete from audit_entries where action = 'changeSet.approve'", "recompute"],
      3,
    ],
    [
      "an entry rewritten, the chain recomputed and the heads with it",
      [
        "update audit_entries set reason = 'asked for' where action = 'session.signIn'",
        "recompute",
        "update audit_heads h set sha256 = e.sha256 from audit_entries e where e.sequence = h.sequence",
      ],
      10,
    ],
    [
      "two entries in each other's place and the chain recomputed",
      [
        "update audit_entries set sequence = -1 where sequence = 7",
        "update audit_entries set sequence = 7 where sequence = 8",
        "update audit_entries set sequence = 8 where sequence = -1",
        "recompute",
      ],
      6,
    ],
    [
      "the end cut off with its heads and documents",
      [
        "delete from audit_entries where sequence >= 10",
        "delete from audit_heads where sequence >= 10",
        `delete from ${CUT}`,
        "update audit_head set sequence = 9, sha256 = (select sha256 from audit_entries where sequence = 9)",
      ],
      10,
    ],
    ["the newest head deleted", ["delete from audit_heads where sequence = 13"], 13],
    ["the first head deleted", ["delete from audit_heads where sequence = 2"], 2],
    ["a head altered", ["update audit_heads set jws = jws || 'A' where sequence = 2"], 1],
    ["all heads deleted", ["delete from audit_heads"], 2],
    ["the newest platform document deleted", [`delete from ${CUT}`], 13],
    ["the first platform document deleted", ["delete from documents where kind = 'platform' and revision = 1"], 1],
    [
      "a platform document altered",
      ["update documents set jws = jws || 'A' where kind = 'platform' and revision = 2"],
      3,
    ],
    [
      "a platform document under another one's position",
      ["update documents set revision = 1000 where kind = 'platform' and revision = 2"],
      14,
    ],
    ["a program's document deleted", ["delete from documents where kind = 'program' and revision = 1"], 5],
    ["the newest keyset deleted", ["delete from keysets where revision = 2"], 6],
    ["the first keyset deleted", ["delete from keysets where revision = 1"], 1],
    ["a keyset altered", ["update keysets set jws = replace(jws, 'signature', 'signatur') where revision = 2"], 6],
  ];

  it.each(ATTACKS)("is found to be another: %s", async (_, statements, firstBadSequence) => {
    for (const statement of statements) await (statement === "recompute" ? recompute() : execute(statement));
    await goOn();
    const found = await verify();
    expect(found).toMatchObject({ isWhole: false, firstBadSequence });
    expect((await verifyExport()).isWhole, "by the export alone").toBe(false);
  });

  it("is found to be another: two platform documents in each other's place, whose text is whole in the export", async () => {
    for (const [from, to] of [
      [2, 900],
      [3, 2],
      [900, 3],
    ]) {
      await execute(`update documents set revision = ${to} where kind = 'platform' and revision = ${from}`);
    }
    await goOn();
    expect(await verify()).toMatchObject({ isWhole: false, problem: "ROW_CHANGED", findingsTotal: 2 });
    expect((await verifyExport()).isWhole).toBe(true);
  });

  it("is whole past a line that a power loss left unfinished, which is told", async () => {
    const { files } = fixture.ctx.heads;
    const name = `${new Date(fixture.clock.nowMs()).toISOString().slice(0, 10)}.jsonl`;
    appendFileSync(`${files.folder}/${name}`, '{"head":{"sequ');
    await goOn();
    expect(await verify()).toMatchObject({ isWhole: true, tornLines: 1 });
  });
});
