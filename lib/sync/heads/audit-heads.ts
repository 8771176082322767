import { and, asc, between, desc, eq, gt, inArray, isNull, lt, max, sql } from "drizzle-orm";
import { z } from "zod";
import { lockPlatform } from "@/db/lock-platform";
import { auditEntries, auditHeads, auditWitnesses } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import type { AuditAction } from "@/lib/audit/actions";
import { readAuditHead } from "@/lib/audit/audit-head";
import { type HeadFiles, type KeptHead, type LastKept, readHeadRecords } from "@/lib/audit/head-files";
import { isLost, type Loss, lossesOf, readLossEntries } from "@/lib/audit/losses";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { signAuditHead, verifyAuditHead } from "@/native/core/audit/audit-head";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import type { PolicySigner, SigningKey } from "../signer";
import type { KeysetChain } from "../trust/keyset-chain";
import { type AuditFault, auditFault } from "./audit-fault";

type HeadRow = typeof auditHeads.$inferSelect;
type WitnessRow = typeof auditWitnesses.$inferSelect;

/** What this transaction knows of the log: where it has just ended it, and the keysets that verify in it. */
export type KnownLog = { end: AuditHead; keysets: readonly KeysetClaims[] };

/** Writes signed heads, in the transaction that holds the lock of the platform's row. */
export async function storeHeads(tx: Transaction, heads: readonly HeadRow[]): Promise<void> {
  if (heads.length === 0) return;
  await tx.db
    .insert(auditHeads)
    .values([...heads])
    .onConflictDoNothing();
}

/** Where the log ends, and what is wrong with it. */
export type JudgedLog = { end: AuditHead; fault: AuditFault | null };

/** Signed heads of the audit log, as a process that signs keeps them. */
export type AuditHeads = {
  /** Holds the log against the newest heads that are known: of the table, of the files of the days, of this process, of devices. */
  judge(db: Database): Promise<JudgedLog>;
  /**
   * Signs where the log ends and answers with it, behind the lock of the platform's row; `heads` are for the caller to store
   * (`storeHeads`) with what tells of them. Signs nothing for a log that is at fault, and never raises for one, so that
   * stopping waits for no log.
   */
  sign(tx: Transaction, by: SigningKey, known?: KnownLog): Promise<{ end: AuditHead; heads: HeadRow[] }>;
  /** Signs the end of the log where something was written since the newest head, and copies heads into the day's file. */
  tend(store: Store): Promise<void>;
  /** Copies what is committed into the day's file; what the file system refuses is told by `fileFault`. */
  copy(db: Database): Promise<void>;
  files: HeadFiles;
  /** Every head in the journal of an embedded store; none where there is none. */
  journaled(): AsyncIterable<{ sequence: number; jws: string }>;
  /** Why heads are not in the day's file; null where they are. */
  fileFault(): string | null;
};

export type AuditHeadsOptions = {
  clock: Clock;
  logger: Logger;
  signer: PolicySigner;
  chain: KeysetChain;
  files: HeadFiles;
  /** The rows of the heads' table in a journal; none where there is no journal. */
  readJournal?: () => AsyncIterable<Record<string, unknown>>;
};

const headTextShape = z.object({ sequence: z.coerce.number(), jws: z.string() });

const COPIED_AT_ONCE = 500;
const VERIFIED_MAX = 4_096;

export function createAuditHeads(options: AuditHeadsOptions): AuditHeads {
  const { clock, logger, signer, chain, files, readJournal } = options;
  /** The newest that this process has seen committed. */
  let seen: (AuditHead & { atMs: number }) | null = null;
  let kept: Promise<LastKept> | undefined;
  let losses: Promise<Loss[]> | undefined;
  let fileFault: string | null = null;
  /** The loss whose skipped publishes have their heads. */
  let caughtUpWith: string | null = null;
  const genuine = new Set<string>();

  async function lastKept(): Promise<LastKept> {
    kept ??= files.last();
    try {
      const last = await kept;
      fileFault = null;
      return last;
    } catch (error) {
      kept = undefined;
      fileTrouble("read", error);
      return { head: null, loss: null };
    }
  }

  function fileTrouble(what: "read" | "written", error: unknown): void {
    if (fileFault === null) logger("error", "audit_heads_file_failed", { folder: files.folder, error });
    fileFault = `Signed heads of the log cannot be ${what} in ${files.folder}.`;
  }

  async function isGenuine(row: HeadRow, keysets: readonly KeysetClaims[]): Promise<boolean> {
    const name = `${row.sequence} ${row.sha256} ${row.jws}`;
    if (genuine.has(name)) return true;
    const platform = keysets[0]?.platform ?? "";
    const verdict = verifyAuditHead(row.jws, { platform, keysets, crypto: nodeCrypto });
    if (verdict.result !== "accepted") return false;
    if (verdict.claims.sequence !== row.sequence || verdict.claims.sha256 !== row.sha256) return false;
    if (genuine.size >= VERIFIED_MAX) genuine.clear();
    genuine.add(name);
    return true;
  }

  const walked = async (db: Database) => (await chain.walk(db)).keysets.map(({ claims }) => claims);

  async function judge(db: Database, logKnown?: KnownLog): Promise<JudgedLog> {
    const { head: inFile } = await lastKept();
    const remembered = [inFile, seen].filter((head) => head !== null);
    const digests = (at: AuditHead) => digestsAt(db, [at, ...remembered]);
    const [end, [newest], keysets, witnesses, early] = await Promise.all([
      logKnown?.end ?? readAuditHead(db),
      newestHead(db),
      logKnown?.keysets ?? walked(db),
      db.select().from(auditWitnesses).orderBy(asc(auditWitnesses.sequence)),
      // Where the end is known, nothing has to be waited for.
      logKnown === undefined ? null : digests(logKnown.end),
    ]);
    const stand = early ?? (await digests(end));
    const row = newest?.head;
    if (newest !== undefined && newest.entry !== null) stand.set(newest.head.sequence, newest.entry);
    const isRow = row === undefined || (await isGenuine(row, keysets));
    const known = [row === undefined || !isRow ? null : row, ...remembered]
      .filter((head) => head !== null)
      .sort((a, b) => a.sequence - b.sequence);
    let fault = isRow ? null : auditFault("UNSIGNED", row.sequence);
    for (const head of known) {
      if (head.sequence > end.sequence) fault ??= auditFault("TRUNCATED", end.sequence + 1, head.sequence);
      else if (stand.get(head.sequence) !== head.sha256) {
        fault ??= auditFault("REWRITTEN", (await lastGood(db, head.sequence)) + 1, head.sequence);
      }
    }
    if (end.sequence > 0 && stand.get(end.sequence) !== end.sha256) fault ??= auditFault("REWRITTEN", end.sequence);
    fault ??= await contradicted(db, witnesses);
    return { end, fault };
  }

  /** A document that a device handed back, which says another thing of the log than the log, and is of no log that was lost. */
  async function contradicted(db: Database, rows: readonly WitnessRow[]): Promise<AuditFault | null> {
    if (rows.length === 0) return null;
    const losses = await knownLosses(db);
    const standing = rows.find(({ sequence, issuedAtSeconds: iat }) => !isLost(losses, { sequence, iat }));
    return standing === undefined ? null : auditFault("WITNESSED", standing.sequence);
  }

  /** By the files of the days; by the log's own entries where those cannot be read, which is told by itself. */
  async function knownLosses(db: Database): Promise<Loss[]> {
    losses ??= readHeadRecords(files).then(lossesOf);
    try {
      return await losses;
    } catch (error) {
      losses = undefined;
      fileTrouble("read", error);
      return await readLossEntries(db);
    }
  }

  /** A loss that was admitted since this process looked takes its heads out of what is known. */
  async function judgeAnew(db: Database, logKnown?: KnownLog): Promise<JudgedLog> {
    const judged = await judge(db, logKnown);
    if (judged.fault === null) return judged;
    kept = undefined;
    losses = undefined;
    const { loss } = await lastKept();
    if (loss !== null && seen !== null && seen.sequence >= loss.fromSequence && seen.atMs <= Date.parse(loss.at))
      seen = null;
    return await judge(db, logKnown);
  }

  async function sign(tx: Transaction, by: SigningKey, logKnown?: KnownLog) {
    const { end, fault } = await judgeAnew(tx.db, logKnown);
    if (fault !== null) return { end, heads: [] };
    // Before the newest, behind which none is copied any more.
    const ends = [...(await skippedPublishes(tx.db)), ...(end.sequence > 0 ? [end] : [])];
    return { end, heads: await signEach(by, ends) };
  }

  async function signEach({ keyset, kid }: SigningKey, ends: readonly AuditHead[]): Promise<HeadRow[]> {
    const iat = Math.floor(clock.nowMs() / 1000);
    const { platform, epoch } = keyset;
    const by = { kid, sign: (data: Uint8Array) => signer.sign(kid, data) };
    const sign = async (end: AuditHead): Promise<HeadRow> => {
      const jws = await signAuditHead({ schema: 1, platform, epoch, ...end, iat }, by);
      return { ...end, epoch, issuedAtSeconds: iat, jws };
    };
    return await Promise.all(ends.map(sign));
  }

  async function signIfGone(store: Store): Promise<void> {
    const skipped = await skippedPublishes(store.db);
    if (skipped.length > 0 || (await isAhead(store.db))) {
      // Before anything is held: to open a sealed key for the first time takes a tenth of a second.
      const present = await chain.newest(store.db);
      if (present !== null) await signer.activeKid(present);
      await store.transaction(async (tx) => {
        await lockPlatform(tx);
        const keyset = await chain.newest(tx.db);
        if (keyset === null) return;
        const by = { keyset, kid: await signer.activeKid(keyset) };
        await storeHeads(tx, await signEach(by, skipped));
        // Of several processes one signs.
        if (await isAhead(tx.db)) await storeHeads(tx, (await sign(tx, by)).heads);
      });
    }
    caughtUpWith = (await lastKept()).loss?.at ?? null;
  }

  /** Publishes that went out while the log was at fault, until somebody admitted the loss: their heads are signed now. */
  async function skippedPublishes(db: Database): Promise<AuditHead[]> {
    const { loss } = await lastKept();
    if (loss === null || loss.at === caughtUpWith) return [];
    const { sequence, sha256, action } = auditEntries;
    const rows = await db
      .select({ sequence, sha256 })
      .from(auditEntries)
      .leftJoin(auditHeads, eq(auditHeads.sequence, sequence))
      .where(
        and(
          eq(action, "document.publish" satisfies AuditAction),
          between(sequence, loss.fromSequence, loss.entrySequence),
          isNull(auditHeads.sequence),
        ),
      );
    return rows;
  }

  async function copy(db: Database): Promise<void> {
    const keysets = await walked(db);
    let after = (await lastKept()).head?.sequence ?? 0;
    if (fileFault !== null) return;
    for (;;) {
      const rows = await db
        .select()
        .from(auditHeads)
        .where(gt(auditHeads.sequence, after))
        .orderBy(asc(auditHeads.sequence))
        .limit(COPIED_AT_ONCE);
      const lines: KeptHead[] = [];
      for (const row of rows) {
        const { sequence, sha256, jws } = row;
        if (await isGenuine(row, keysets)) lines.push({ sequence, sha256, jws });
      }
      try {
        await files.append(lines.map((head) => ({ head })));
        fileFault = null;
      } catch (error) {
        fileTrouble("written", error);
        return;
      }
      const last = lines.at(-1);
      if (last !== undefined) {
        const { loss } = await lastKept();
        seen = { sequence: last.sequence, sha256: last.sha256, atMs: clock.nowMs() };
        kept = Promise.resolve({ head: last, loss });
      }
      if (rows.length < COPIED_AT_ONCE) return;
      after = rows.at(-1)?.sequence ?? after;
    }
  }

  return {
    files,
    async *journaled() {
      for await (const row of readJournal?.() ?? []) {
        const read = headTextShape.safeParse(row);
        if (read.success) yield read.data;
      }
    },
    judge: (db) => judgeAnew(db),
    sign,
    copy,
    async tend(store) {
      const { fault } = await judgeAnew(store.db);
      if (fault === null) await signIfGone(store);
      else logger("error", "audit_log_at_fault", { sequence: fault.sequence, code: fault.code });
      await copy(store.db);
    },
    fileFault: () => fileFault,
  };
}

async function isAhead(db: Database): Promise<boolean> {
  const [head] = await db.select({ sequence: max(auditHeads.sequence) }).from(auditHeads);
  return (await readAuditHead(db)).sequence > (head?.sequence ?? 0);
}

/** The newest head of the table, and the digest that its entry has now. */
async function newestHead(db: Database): Promise<{ head: HeadRow; entry: string | null }[]> {
  return await db
    .select({ head: auditHeads, entry: auditEntries.sha256 })
    .from(auditHeads)
    .leftJoin(auditEntries, eq(auditEntries.sequence, auditHeads.sequence))
    .orderBy(desc(auditHeads.sequence))
    .limit(1);
}

async function digestsAt(db: Database, heads: readonly AuditHead[]): Promise<Map<number, string>> {
  const sequences = heads.map(({ sequence }) => sequence);
  const { sequence, sha256 } = auditEntries;
  const rows = await db.select({ sequence, sha256 }).from(auditEntries).where(inArray(sequence, sequences));
  return new Map(rows.map((row) => [row.sequence, row.sha256]));
}

/** The newest head before this one that the log contains, as the rows say; the whole check says it by signatures. */
async function lastGood(db: Database, before: number): Promise<number> {
  const [found] = await db
    .select({ sequence: max(auditHeads.sequence) })
    .from(auditHeads)
    .innerJoin(
      auditEntries,
      sql`${auditEntries.sequence} = ${auditHeads.sequence} and ${auditEntries.sha256} = ${auditHeads.sha256}`,
    )
    .where(lt(auditHeads.sequence, before));
  return found?.sequence ?? 0;
}
