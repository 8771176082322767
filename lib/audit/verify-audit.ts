import type { Database } from "@/db/store";
import { AUDIT_PROBLEMS, type AuditProblem } from "@/native/core/audit/problems";
import { type LogVerdict, verifyAuditLog } from "@/native/core/audit/verify-log";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import { nodeCrypto } from "@/native/node/crypto";
import { nodeDigest } from "./audit-entry";
import { type LogRecords, type OutsideHeads, readLogRecords } from "./log-records";
import { readLossEntries } from "./losses";

export type AuditTrust = {
  /** The root keys that are named outside the database. */
  roots: RootTrust;
  /** Where heads are kept outside it; null where this process keeps none. */
  outside: OutsideHeads | null;
};

/** Of the store alone: a row whose columns say another thing than what was signed in it. */
type Problem = AuditProblem | "ROW_CHANGED";
export type AuditFindingLine = { problem: Problem; says: string; sequence: number | null };

export type AuditFinding = Pick<
  LogVerdict,
  "isWhole" | "entries" | "head" | "heads" | "documents" | "keysets" | "vouchedSequence" | "findingsTotal"
> & {
  /** The first entry that may be wrong, and why; null where the log is whole, or no entry can be named. */
  firstBadSequence: number | null;
  problem: Problem | null;
  /** The first ones, by entry; `findingsTotal` counts all. */
  findings: AuditFindingLine[];
  /** The first entry that a signed head names: what is before it is covered by that head. */
  signedFrom: number | null;
  /** Heads of entries that were lost, by a restore or as somebody admitted: set aside, and judged no further. */
  lost: number;
  /** Lines of the files of the days that are no records, as a power loss leaves one. */
  tornLines: number;
  /** Entries that say that what stood there before is lost, and when. */
  losses: { sequence: number; at: Date }[];
};

/**
 * Checks the whole log with all that was signed of it: keysets from the root keys, each head of table and files, each
 * document, each entry; and that none is missing. What a restore lost, or somebody admitted, is set aside where the files
 * of the days say so too, which no statement reaches. It reads page by page, for as long as the log is.
 */
export async function verifyAudit(db: Database, { roots, outside }: AuditTrust): Promise<AuditFinding> {
  const read = await readLogRecords(db, outside);
  const verdict = await verifyAuditLog(read.records(), {
    trust: roots,
    ends: [read.moment.end],
    crypto: nodeCrypto,
    digest: nodeDigest,
  });
  const more = ofTheStore(read);
  const findings = [...verdict.findings.map(inWords), ...more].sort((a, b) => placeOf(a) - placeOf(b));
  const { isWhole, entries, head, heads, documents, keysets, vouchedSequence, findingsTotal } = verdict;
  const [first] = findings;
  return {
    ...{ entries, head, heads, documents, keysets, vouchedSequence, lost: read.lost },
    isWhole: isWhole && more.length === 0,
    firstBadSequence: first?.sequence ?? null,
    problem: first?.problem ?? null,
    findings,
    findingsTotal: findingsTotal + more.length,
    signedFrom: read.moment.firstHead === 0 ? null : read.moment.firstHead,
    tornLines: read.outside.filter((record) => "torn" in record).length,
    losses: await readLossEntries(db),
  };
}

const placeOf = ({ sequence }: AuditFindingLine) => sequence ?? Number.POSITIVE_INFINITY;

function inWords({ problem, sequence, code, detail }: LogVerdict["findings"][number]): AuditFindingLine {
  const more = [code ?? [], detail ?? []].flat().join(", ");
  return { problem, sequence, says: `${AUDIT_PROBLEMS[problem]}${more === "" ? "" : ` (${more})`}` };
}

function ofTheStore({ moment, changedRows }: LogRecords): AuditFindingLine[] {
  const rows = changedRows.map((row): AuditFindingLine => {
    return { problem: "ROW_CHANGED", sequence: null, says: `a row was changed beside what was signed in it (${row})` };
  });
  if (moment.lastEntry <= moment.end.sequence) return rows;
  const says = "entries stand behind the end of the log, where none can follow";
  return [{ problem: "SEQUENCE", sequence: moment.end.sequence + 1, says }, ...rows];
}
