import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { auditEntries, auditHeads } from "@/db/schema";
import { testStoreKind } from "@/db/testing/with-test-store";
import { appendAudit } from "@/lib/audit/append-audit";
import { createHeadFiles, type HeadFs, nodeHeadFs, readHeadRecords } from "@/lib/audit/head-files";
import { verifyAuditHead } from "@/native/core/audit/audit-head";
import { nodeCrypto } from "@/native/node/crypto";
import { ownPayload } from "../documents/own-jws";
import { publishDocuments } from "../publish-documents";
import { openSyncFixture, type SyncFixture, setStatus, TEST_PLATFORM } from "../testing/sync-fixture";
import { createAuditHeads } from "./audit-heads";

const APP = "com.example.a";
let fixture: SyncFixture;
afterEach(() => fixture.close());

async function begin() {
  fixture = await openSyncFixture();
  await fixture.addProgram(APP);
  await decide();
}

/** An entry of the log, and the publish that it tells of. */
const decide = (options: { narrows?: boolean; isNarrowing?: boolean } = {}) =>
  fixture.store.transaction(async (tx) => {
    await appendAudit(tx, fixture.ctx, { actor: SYSTEM, action: "changeSet.publish", subject: `program:${APP}` });
    return await publishDocuments(tx, fixture.ctx, {
      ...{ appIds: [APP], platform: true, changeSetId: null, narrows: false, ...options },
    });
  });
const SYSTEM = { kind: "system", name: "test" } as const;
const write = () =>
  fixture.store.transaction((tx) =>
    appendAudit(tx, fixture.ctx, { actor: SYSTEM, action: "session.signIn", subject: "person:per_a" }),
  );
const tend = () => fixture.ctx.heads.tend(fixture.store);
const execute = (...statements: string[]) =>
  fixture.store.transaction(async ({ db }) => {
    for (const statement of statements) await db.execute(sql.raw(statement));
  });
const heads = () => fixture.store.db.select().from(auditHeads).orderBy(auditHeads.sequence);
const entries = async () => (await fixture.store.db.select().from(auditEntries)).length;
const told = async () => ownPayload((await newestDocument(fixture.store.db, "platform", ""))?.jws ?? "").auditHead;
const fault = async () => (await fixture.ctx.heads.judge(fixture.store.db)).fault;
const dayFile = () => {
  const folder = join(fixture.dir, "audit-heads");
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line));
};
/** The log from an entry on, written anew by somebody who can reckon digests: only heads tell. */
const REWRITE = [
  "delete from audit_entries where sequence > 2",
  "update audit_head set sequence = 2, sha256 = (select sha256 from audit_entries where sequence = 2)",
];

describe(`signed heads of the audit log (${testStoreKind()})`, () => {
  it("are signed with the document that tells the same end, by a key of the keyset, and make no entry", async () => {
    await begin();
    const before = await entries();
    await decide();
    // Its own entry, and the one that names the documents.
    expect(await entries()).toBe(before + 2);
    const head = (await heads()).at(-1);
    expect(await told()).toEqual({ sequence: head?.sequence, sha256: head?.sha256 });
    const trust = { platform: TEST_PLATFORM, keysets: [fixture.keyset], crypto: nodeCrypto };
    expect(verifyAuditHead(head?.jws ?? "", trust)).toMatchObject({
      result: "accepted",
      claims: { sequence: before + 2, sha256: head?.sha256, epoch: 1 },
    });
  });

  it("are signed where something was written since, once, whoever does it, and stand in the day's file", async () => {
    await begin();
    await tend();
    const before = (await heads()).length;
    await tend();
    expect((await heads()).length).toBe(before);
    await write();
    const other = createAuditHeads({
      ...{ clock: fixture.clock, logger: () => undefined, signer: fixture.ctx.signer, chain: fixture.ctx.keysets },
      files: createHeadFiles(join(fixture.dir, "other"), fixture.clock),
    });
    await Promise.all([tend(), other.tend(fixture.store), tend()]);
    const kept = await heads();
    expect(kept.length).toBe(before + 1);
    expect(new Set(dayFile().map(({ head }) => head.sequence))).toEqual(new Set(kept.map(({ sequence }) => sequence)));
    const folder = join(fixture.dir, "audit-heads");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it("are not signed for a log that was cut, whoever forgets: the file of the day tells it after a restart", async () => {
    await begin();
    await decide();
    await tend();
    await execute(...REWRITE, "delete from audit_heads where sequence > 2");
    const restarted = createAuditHeads({
      ...{ clock: fixture.clock, logger: () => undefined, signer: fixture.ctx.signer, chain: fixture.ctx.keysets },
      files: createHeadFiles(fixture.dir, fixture.clock),
    });
    expect((await restarted.judge(fixture.store.db)).fault).toMatchObject({ code: "TRUNCATED", sequence: 3 });
    fixture.ctx.heads = restarted;
    for (let n = 0; n < 10; n += 1) await decide();
    await tend();
    expect((await heads()).filter(({ sequence }) => sequence > 2)).toEqual([]);
    expect(await fault()).not.toBeNull();
  });

  it("are not signed for a log that was written anew and goes on beyond them", async () => {
    await begin();
    await decide();
    const before = await heads();
    await execute(...REWRITE);
    for (let n = 0; n < 4; n += 1) await write();
    expect(await fault()).toMatchObject({ code: "REWRITTEN" });
    for (let n = 0; n < 4; n += 1) await decide();
    expect(await heads()).toEqual(before);
  });

  it("that are refused stop no suspension: its document tells where the log ends", async () => {
    await begin();
    await decide();
    const before = (await heads()).length;
    await execute(...REWRITE);
    await setStatus(fixture.store, APP, "suspended");
    await decide();
    await decide();
    const { platform } = await decide({ narrows: true, isNarrowing: true });
    const newest = await newestDocument(fixture.store.db, "platform", "");
    expect(newest?.revision).toBe(platform.revision);
    expect(ownPayload(newest?.jws ?? "")).toMatchObject({ suspended: [APP], auditHead: { sequence: await entries() } });
    expect((await heads()).length).toBe(before);
  });

  it("are not believed for standing in the table", async () => {
    await begin();
    await execute(
      "update audit_heads set sha256 = repeat('a', 64) where sequence = (select max(sequence) from audit_heads)",
    );
    expect(await fault()).toMatchObject({ code: "UNSIGNED" });
  });

  it("are signed on where the file cannot be read or written, which is told", async () => {
    await begin();
    const full: HeadFs = {
      ...nodeHeadFs,
      append: async () => {
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      },
    };
    const other = createAuditHeads({
      ...{ clock: fixture.clock, logger: () => undefined, signer: fixture.ctx.signer, chain: fixture.ctx.keysets },
      files: createHeadFiles(join(fixture.dir, "full"), fixture.clock, full),
    });
    await write();
    await other.tend(fixture.store);
    expect((await heads()).at(-1)?.sequence).toBe(await entries());
    expect(other.fileFault()).toContain("cannot be written");
    await tend();
    expect(fixture.ctx.heads.fileFault()).toBeNull();
  });

  it("are read past a line that a power loss left unfinished, which is told and stays a line of its own", async () => {
    await begin();
    await tend();
    const files = createHeadFiles(fixture.dir, fixture.clock);
    const [name = ""] = readdirSync(files.folder);
    await nodeHeadFs.append(files.folder, name, '{"head":{"seq');
    await write();
    await tend();
    const records = await readHeadRecords(files);
    expect(records.filter((record) => "torn" in record)).toHaveLength(1);
    expect((await files.last()).head?.sequence).toBe(await entries());
  });

  it("of entries that were said to be lost contradict nothing, and the log goes on", async () => {
    await begin();
    await decide();
    await tend();
    await execute(...REWRITE, "delete from audit_heads where sequence > 2");
    expect(await fault()).not.toBeNull();
    const files = createHeadFiles(fixture.dir, fixture.clock);
    const at = new Date(fixture.clock.nowMs()).toISOString();
    await files.append([{ loss: { fromSequence: 3, entrySequence: 3, at, because: "a test" } }]);
    expect(await fault()).toBeNull();
    fixture.clock.advance(60);
    await write();
    await tend();
    expect((await heads()).at(-1)?.sequence).toBe(3);
  });
});
