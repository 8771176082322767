import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { signAuditHead } from "./audit-head";
import { headOf, logSigner, PLATFORM, rootTrust, SignedLog, sealEntry, stranger } from "./testing/signed-log";
import { type VerifyLogOptions, verifyAuditLog } from "./verify-log";

const trust = await rootTrust();
const verify = (records: readonly unknown[], more: Partial<VerifyLogOptions> = {}) =>
  verifyAuditLog(records, { trust, crypto: nodeCrypto, digest: nodeCrypto.sha256, ...more });

/** A keyset is entry 2, its publish 3 and 4, another one 5 and 6, a sign-in 7; heads are of 4, 6 and 7. */
async function writeLog(): Promise<SignedLog> {
  const log = new SignedLog();
  await log.append("platform.initialise");
  await log.publishKeyset();
  await log.publish(["com.example.notes"]);
  await log.append("session.signIn");
  await log.signHead();
  return log;
}

/** The same by a version that neither named documents nor signed heads. */
async function writeOldLog(): Promise<SignedLog> {
  const log = new SignedLog();
  await log.append("platform.initialise");
  await log.publishKeyset();
  log.entries = log.entries.slice(0, 2);
  log.forget();
  await log.signPlatform(1);
  return log;
}

const problems = async (records: readonly unknown[], more: Partial<VerifyLogOptions> = {}) =>
  (await verify(records, more)).findings.map(({ problem, sequence }) => `${problem} ${sequence}`);
const at = (log: SignedLog, sequence: number) => log.table.find((jws) => headOf(jws).sequence === sequence) ?? "";

describe("where heads are kept", () => {
  it("the table lacks none that stands elsewhere", async () => {
    const log = await writeLog();
    log.table = log.table.slice(1);
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 4"]);
    log.table = [];
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 4", "HEAD_MISSING 6", "HEAD_MISSING 7"]);
  });

  it.each(["file", "journal"] as const)("the %s may begin later, and has each one from then on", async (place) => {
    const log = await writeLog();
    log[place] = log[place].slice(1);
    expect(await problems(log.records())).toEqual([]);
    log[place] = [];
    expect(await problems(log.records())).toEqual([]);
    log[place] = log.table.slice(0, 1);
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 6", "HEAD_MISSING 7"]);
  });

  it("one that was kept elsewhere alone is missing in the table, and one that lies behind the end tells of a cut", async () => {
    const log = await writeLog();
    const otherHeads = log.table;
    const records = log.records().filter((record) => !Object.hasOwn(record as object, "head"));
    expect(await problems(records, { otherHeads })).toEqual(
      expect.arrayContaining(["HEAD_MISSING 4", "HEAD_MISSING 6", "HEAD_MISSING 7"]),
    );
    log.entries.pop();
    log.table = log.file = log.journal = log.table.slice(0, -1);
    expect(await problems(log.records())).toEqual([]);
    expect(await problems(log.records(), { otherHeads })).toEqual(["TRUNCATED 7"]);
  });

  it("each publish has its head", async () => {
    const log = await writeLog();
    const [head] = log.table.splice(1, 1);
    log.file = log.file.filter((jws) => jws !== head);
    log.journal = log.file;
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 6"]);
  });
});

describe("who signed", () => {
  it("a stranger's head under a known name vouches for nothing", async () => {
    const log = await writeLog();
    const { sequence, sha256 } = log.entries[6] ?? { sequence: 0, sha256: "" };
    const claims = { schema: 1, platform: PLATFORM, epoch: 1, sequence, sha256, iat: 1 } as const;
    const forged = await signAuditHead(claims, stranger);
    log.table[2] = log.file[2] = log.journal[2] = forged;
    const found = await verify(log.records());
    expect(found).toMatchObject({ isWhole: false, vouchedSequence: 6, heads: 2 });
    expect(found.findings).toMatchObject([{ problem: "HEAD_REFUSED", code: "BAD_SIGNATURE", sequence: 7 }]);
  });

  it("keys of an older epoch verify what they signed then", async () => {
    const log = await writeLog();
    await log.publishKeyset();
    await log.publish([]);
    expect(await verify(log.records())).toMatchObject({ isWhole: true, keysets: 2 });
    log.keysets = log.keysets.slice(1);
    const found = await verify(log.records());
    expect(found).toMatchObject({ isWhole: false, problem: "HEAD_REFUSED", firstBadSequence: 1 });
    expect(found.findings[0]?.code).toBe("UNKNOWN_KEY");
  });

  it("a keyset that a clock far ahead issued leads on like any other", async () => {
    const log = await writeLog();
    await log.publishKeyset({ iat: 9_000_000_000, exp: 9_000_086_400 });
    await log.publishKeyset();
    expect(await verify(log.records())).toMatchObject({ isWhole: true, keysets: 3 });
  });

  it("a document larger than any device takes is none", async () => {
    const log = await writeLog();
    await log.signProgram("com.example.notes", 2, { filler: "x".repeat(262_144) });
    const { findings } = await verify(log.records());
    expect(findings).toMatchObject([{ problem: "DOCUMENT_REFUSED", code: "TOO_LARGE" }]);
  });

  it("nothing that vouches is nothing that is whole, and an empty export is none", async () => {
    const log = await writeLog();
    log.entries = log.entries.slice(0, 2);
    log.forget();
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 1"]);
    expect(await problems([])).toEqual(["KEYSET_MISSING 1"]);
    expect(await problems(log.keysets.map((keyset) => ({ keyset })))).toEqual(["KEYSET_UNNAMED null"]);
  });

  it("by other root keys nothing is verified, and that alone is said", async () => {
    const log = await writeLog();
    const other = { rootThumbprints: ["A".repeat(43)], threshold: 1 };
    for (const wrong of [{ trust: other }, { trust: { ...trust, threshold: 3 } }, { platform: "other.test" }]) {
      const found = await verify(log.records(), wrong);
      expect(found).toMatchObject({
        problem: "KEYSET_REFUSED",
        firstBadSequence: 1,
        findingsTotal: 1,
        heads: 0,
        entries: 0,
      });
    }
  });

  it("an end that somebody noted must lie on the log", async () => {
    const log = await writeLog();
    const { sequence, sha256 } = log.entries[6] ?? { sequence: 0, sha256: "" };
    expect(await problems(log.records(), { ends: [{ sequence, sha256 }] })).toEqual([]);
    expect(await problems(log.records(), { ends: [{ sequence: 8, sha256 }] })).toEqual(["TRUNCATED 8"]);
    expect(await problems(log.records(), { ends: [{ sequence, sha256: "0".repeat(64) }] })).toEqual(["REWRITTEN 7"]);
  });
});

describe("the first entry that may be wrong", () => {
  it("is behind the last that something vouches for, where what is missing comes of a change before it", async () => {
    const log = await writeLog();
    await log.append("session.signIn");
    await log.append("changeSet.approve");
    await log.publish([]);
    const [gone] = log.entries.splice(8, 1);
    expect(gone?.action).toBe("changeSet.approve");
    for (const index of [8, 9]) log.entries[index] = await sealEntry({ ...log.entries[index] }, log.entries[index - 1]);
    // The publish is entry 10 now, its head and document are of entry 11.
    expect(await problems(log.records())).toEqual([
      "HEAD_MISSING 8",
      "DOCUMENT_MISSING 8",
      "TRUNCATED 8",
      "DOCUMENT_UNNAMED 8",
    ]);
    log.table = log.table.slice(0, -1);
    expect(await verify(log.records())).toMatchObject({ firstBadSequence: 8, vouchedSequence: 7 });
  });

  it("is not behind what was signed for the replacement, in the very second too", async () => {
    const log = await writeLog();
    const { iat } = headOf(at(log, 6)) as { iat: number };
    log.entries = log.entries.slice(0, 4);
    log.documents = log.documents.slice(0, 1);
    const { sequence, sha256 } = await log.append("session.signIn");
    const claims = { schema: 1, platform: PLATFORM, epoch: 1, sequence, sha256 } as const;
    await log.append("session.signIn");
    for (const [signed, first] of [
      [iat - 1, 6],
      [iat, 5],
      [iat + 1, 5],
    ] as const) {
      const otherHeads = [await signAuditHead({ ...claims, iat: signed }, logSigner(1))];
      const found = await problems(log.records(), { otherHeads });
      expect(found).toContain(`REWRITTEN ${first}`);
    }
  });
});

describe("what the log names", () => {
  it("a document that no entry names is found, and so are two of one position", async () => {
    const log = await writeLog();
    await log.signPlatform(3);
    expect(await problems(log.records())).toEqual(["DOCUMENT_UNNAMED 7"]);
    const first = new SignedLog();
    await first.append("platform.initialise");
    await first.publishKeyset();
    await first.signPlatform(2);
    expect(await problems(first.records())).toEqual(["DOCUMENT_UNNAMED 4"]);
    log.documents.pop();
    await log.signPlatform(2);
    const found = await verify(log.records());
    expect(found.findings).toMatchObject([{ problem: "DOCUMENT_REFUSED", code: "CONFLICT", sequence: 7 }]);
  });

  it("a document put in another's place by its own key is not the one that was named", async () => {
    const log = await writeLog();
    log.documents.pop();
    await log.signPlatform(2);
    expect(await problems(log.records())).toContain("DOCUMENT_MISSING 6");
  });

  it("a program's document is the one of the digest that its entry names, not any at its position", async () => {
    const log = await writeLog();
    const programs = [{ appId: "com.example.notes", epoch: 1, revision: 1, sha256: "0".repeat(64) }];
    await log.append("document.publish", { platform: { epoch: 1, revision: 3 }, programs });
    await log.signPlatform(3);
    await log.signHead();
    expect(await problems(log.records())).toEqual(["DOCUMENT_MISSING 8"]);
  });

  it("a program's document that no entry names is one from before the first that is named", async () => {
    const log = await writeOldLog();
    await log.signProgram("com.example.others", 7);
    await log.publish(["com.example.notes", "com.example.maps"]);
    expect(await problems(log.records())).toEqual([]);
    await log.signProgram("com.example.maps", 2);
    expect(await problems(log.records())).toEqual(["DOCUMENT_UNNAMED 4"]);
  });

  it("what is signed again part by part is named without a platform document, must be there, and nothing beside it", async () => {
    const log = await writeLog();
    await log.append("document.resign", { programs: 3 });
    await log.resign(["com.example.notes", "com.example.maps"]);
    await log.publish([]);
    expect(await problems(log.records())).toEqual([]);
    await log.signProgram("com.example.maps", 2);
    expect(await problems(log.records())).toEqual(["DOCUMENT_UNNAMED 9"]);
    log.documents = log.documents.filter((_, index) => index !== 3 && index !== log.documents.length - 1);
    expect(await problems(log.records())).toEqual(["DOCUMENT_MISSING 9"]);
  });

  it("an older document in a newer one's row leaves the newer one missing", async () => {
    const log = await writeLog();
    await log.publish(["com.example.notes"]);
    const [first = "", , third = ""] = log.documents;
    log.documents = log.documents.map((jws, index) =>
      index === 3 ? (log.documents[1] ?? "") : jws === third ? first : jws,
    );
    expect(await problems(log.records())).toEqual(["DOCUMENT_MISSING 5", "DOCUMENT_MISSING 6", "DOCUMENT_MISSING 9"]);
  });

  it("an entry of a publish that names nothing readable names nothing", async () => {
    const log = await writeLog();
    for (const after of [null, {}, { platform: { epoch: 1, revision: 0 }, programs: [] }, { platform: null }]) {
      const changed = log.copy();
      await changed.append("document.publish", after);
      await changed.signHead();
      expect(await problems(changed.records())).toEqual(["DOCUMENT_MISSING 8"]);
    }
  });

  it("a keyset is the very one that its entry tells of", async () => {
    for (const change of [{ sha256: "0".repeat(64) }, { epoch: 2 }, { revision: 2 }]) {
      const log = await writeLog();
      const told = log.entries[1]?.after as Record<string, unknown>;
      const before = log.entries[0];
      log.entries = log.entries.slice(0, 1);
      log.forget();
      log.entries.push(await sealEntry({ action: "keyset.publish", after: { ...told, ...change } }, before));
      await log.signHead();
      expect(await problems(log.records())).toEqual(["KEYSET_MISSING 2", "KEYSET_UNNAMED null"]);
    }
  });

  it("logs of versions that named no documents are whole, but for a revision that is left out", async () => {
    const log = await writeOldLog();
    for (let n = 0; n < 3; n += 1) await log.publishUnnamed();
    expect(await verify(log.records())).toMatchObject({ isWhole: true, vouchedSequence: log.end, heads: 0 });
    await log.publish(["com.example.notes"]);
    expect(await problems(log.records())).toEqual([]);
    const [, second, ...others] = log.documents;
    const { auditHead } = headOf(second ?? "") as { auditHead: { sequence: number } };
    log.documents = [log.documents[0] ?? "", ...others];
    expect(await problems(log.records())).toEqual([`DOCUMENT_MISSING ${auditHead.sequence}`]);
  });

  it("revisions go on above a floor after a loss that the log tells of, and above no other", async () => {
    const log = await writeOldLog();
    await log.append("continuity.resume", { floor: { epoch: 1, revision: 1_000_001 } });
    await log.signPlatform(1_000_002);
    expect(await problems(log.records())).toEqual([]);
    await log.append("session.signIn");
    await log.signPlatform(2_000_000);
    expect(await problems(log.records())).toEqual(["DOCUMENT_MISSING 4"]);
  });

  it("from the first head on each platform document has its own", async () => {
    const log = await writeOldLog();
    await log.signHead();
    await log.publishUnnamed();
    expect(await problems(log.records())).toEqual(["HEAD_MISSING 3"]);
  });
});

describe("a loss that the log tells of", () => {
  /** Entries from the fifth on are lost, the files of the days are not; time goes on behind the loss. */
  async function loseEnd(action: string, at: string): Promise<SignedLog> {
    const log = await writeLog();
    log.entries = log.entries.slice(0, 4);
    log.documents = log.documents.slice(0, 1);
    log.table = log.table.slice(0, 1);
    log.journal = log.journal.slice(0, 1);
    log.entries.push(await sealEntry({ action, at }, log.entries[3]));
    await log.append("continuity.resume", { floor: { epoch: 1, revision: 2 } });
    await log.publish([]);
    return log;
  }
  const SOON = "2023-11-14T23:00:00.000Z";

  it.each(["store.restore", "audit.loss"])(
    "(%s) is excused to whoever knows of it, and to nobody else",
    async (action) => {
      const log = await loseEnd(action, SOON);
      expect(await problems(log.records())).toEqual(["REWRITTEN 5"]);
      expect(await verify(log.records(), { admitsLoss: true })).toMatchObject({ isWhole: true, lost: 2 });
    },
  );

  it("excuses nothing that was signed after it, and is no other entry", async () => {
    const admitsLoss = true;
    expect(await problems((await loseEnd("store.rebuilt", SOON)).records(), { admitsLoss })).toEqual(["REWRITTEN 5"]);
    for (const at of ["2023-11-14T22:13:21.000Z", "soon"]) {
      expect(await problems((await loseEnd("audit.loss", at)).records(), { admitsLoss })).toEqual(["REWRITTEN 5"]);
    }
  });

  it("excuses no change in front of it", async () => {
    const log = await loseEnd("audit.loss", SOON);
    log.entries[1] = await sealEntry({ ...log.entries[1], after: "something else" }, log.entries[0]);
    for (const index of [2, 3]) log.entries[index] = await sealEntry({ ...log.entries[index] }, log.entries[index - 1]);
    expect(await problems(log.records(), { admitsLoss: true })).toEqual(expect.arrayContaining(["REWRITTEN 1"]));
  });
});

describe("what is said", () => {
  it("heads stand by sequence, and keysets before them", async () => {
    const log = await writeLog();
    const records = log.records();
    expect(records.findIndex((record) => Object.hasOwn(record as object, "head"))).toBe(1);
    const exchanged = [records[0], records[2], records[1], ...records.slice(3)];
    expect(await problems(exchanged)).toEqual(["RECORD null"]);
    expect(await problems([...records.slice(0, 2), records[0], ...records.slice(2)])).toEqual(["RECORD null"]);
    expect(await problems([...records, records[1]])).toEqual(["RECORD null"]);
  });

  it("findings are counted all and told a hundred, the lowest entry always among them", async () => {
    const log = await writeLog();
    const [keyset, ...others] = log.records();
    const noise = Array.from({ length: 250 }, () => ({ document: "a.b.c" }));
    const missing = others.filter((record) => (record as { head?: string }).head !== at(log, 6));
    const found = await verify([keyset, ...noise, ...missing]);
    expect(found).toMatchObject({ findingsTotal: 251, firstBadSequence: 6, problem: "HEAD_MISSING" });
    expect(found.findings).toHaveLength(100);
  });

  it("hostile records are findings, never errors", async () => {
    const log = await writeLog();
    const hostile: unknown[] = [null, 1, "head", [], {}, { head: 1 }, { keyset: [] }, { keyset: "" }, { document: {} }];
    hostile.push({ head: "..", kept: ["table"] }, { head: "", kept: "table" }, JSON.parse('{"__proto__":{"head":""}}'));
    for (const record of [...hostile, undefined]) {
      for (const index of [0, 1, 3, log.records().length]) {
        const records = log.records().toSpliced(index, 0, record);
        expect(await verify(records)).toMatchObject({ isWhole: false });
      }
    }
    for (const entry of [{ sequence: 8 }, { sequence: "8" }, { sequence: null, sha256: 1 }, { sequence: 1e300 }]) {
      expect(await verify([...log.records(), entry])).toMatchObject({ isWhole: false, entries: 7 });
    }
  });

  it("the very key of another epoch signs no head of this one", async () => {
    const log = await writeLog();
    await log.publishKeyset();
    const last = log.entries.at(-1) ?? { sequence: 0, sha256: "" };
    const { sequence, sha256 } = last;
    const claims = { schema: 1, platform: PLATFORM, epoch: 2, sequence, sha256, iat: 1 } as const;
    const forged = await signAuditHead(claims, logSigner(1));
    const found = await verify(log.records(), { otherHeads: [forged] });
    expect(found.findings).toMatchObject([{ problem: "HEAD_REFUSED", code: "NOT_YET_VALID" }]);
  });
});
