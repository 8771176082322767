import { and, asc, gt, gte, inArray, lte, sql } from "drizzle-orm";
import { rowsOf } from "@/db/rows";
import { auditHeads, auditWitnesses, documents, keysets } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import { isJsonObject, parseJson } from "@/native/core/json/parse-json";
import { type HeadFiles, type HeadRecord, type KeptHead, readHeadRecords, withoutLost } from "./head-files";
import { isLost, lossesOf, readLossEntries } from "./losses";
import { walkAudit } from "./walk-audit";

/** What stands outside the database beside the rows; absent where a process has no data folder of its own. */
export type OutsideHeads = {
  files: HeadFiles;
  /** Copies into the files what was committed. */
  copy(db: Database): Promise<void>;
  /** Every head that the journal beside the embedded store has; none without a journal. */
  journaled(): AsyncIterable<HeadText>;
};
export type HeadText = { sequence: number; jws: string };

/** Everything of one moment: what is written meanwhile is left for the next time. */
export type Moment = {
  /** Where the log ends by its one row, and the highest entry that there is. */
  end: AuditHead;
  lastEntry: number;
  /** The first and the last signed head of the table; 0 where there is none. */
  firstHead: number;
  lastHead: number;
  keysets: number;
  documentIds: string[];
};

export type LogRecords = {
  moment: Moment;
  /** What the files of the days say. */
  outside: HeadRecord[];
  /** Heads of the files that contradict nothing, since a later line calls them lost. */
  lost: number;
  /** Rows whose columns say another thing than what was signed, in words; complete once all records were read. */
  changedRows: string[];
  /** Lines of an export, in its order (spec 8.8). */
  records(): AsyncGenerator<unknown>;
};

const PAGE = 200;

/** One statement: what it answers with is of one moment on either store. */
async function readMoment(db: Database): Promise<Moment> {
  const [row] = await rowsOf<
    Record<"sequence" | "sha256" | "last" | "first_head" | "last_head" | "keysets", string> & { ids: string[] }
  >(
    db,
    sql`select coalesce((select sequence from audit_head), 0)::text as sequence,
      coalesce((select sha256 from audit_head), '') as sha256,
      coalesce((select max(sequence) from audit_entries), 0)::text as last,
      coalesce((select min(sequence) from audit_heads), 0)::text as first_head,
      coalesce((select max(sequence) from audit_heads), 0)::text as last_head,
      (select count(*) from keysets)::text as keysets,
      (select coalesce(jsonb_agg(id order by kind, created_at, id), '[]'::jsonb) from documents) as ids`,
  );
  return {
    end: { sequence: Number(row?.sequence ?? 0), sha256: row?.sha256 ?? "" },
    lastEntry: Number(row?.last ?? 0),
    firstHead: Number(row?.first_head ?? 0),
    lastHead: Number(row?.last_head ?? 0),
    keysets: Number(row?.keysets ?? 0),
    documentIds: row?.ids ?? [],
  };
}

/** What the files say at this moment: a head that was signed since the reading is in them as soon as it was copied. */
async function readOutside(
  db: Database,
  outside: OutsideHeads,
): Promise<{ moment: Moment; found: HeadRecord[]; journaled: HeadText[] }> {
  const journaled: HeadText[] = [];
  for await (const head of outside.journaled()) journaled.push(head);
  await outside.copy(db);
  const before = await readHeadRecords(outside.files);
  const moment = await readMoment(db);
  await outside.copy(db);
  const found = await readHeadRecords(outside.files);
  const later = found
    .slice(before.length)
    .filter((record) => !("head" in record) || record.head.sequence <= moment.lastHead);
  return { moment, found: [...before, ...later], journaled };
}

/**
 * The log with all that was signed of it, as one moment has it: keysets, the heads of table and files with where each was
 * found, documents as stored and as devices handed them back, and the entries. Read page by page; of the files' heads all
 * are in memory.
 */
export async function readLogRecords(db: Database, outside: OutsideHeads | null): Promise<LogRecords> {
  const { moment, found, journaled } =
    outside === null ? { moment: await readMoment(db), found: [], journaled: [] } : await readOutside(db, outside);
  const kept = withoutLost(found);
  const changedRows: string[] = [];
  return {
    moment,
    outside: found,
    lost: found.filter((record) => "head" in record).length - kept.length,
    changedRows,
    async *records() {
      const rows = await db
        .select({ jws: keysets.jws })
        .from(keysets)
        .orderBy(asc(keysets.revision))
        .limit(moment.keysets);
      for (const { jws } of rows) yield { keyset: jws };
      yield* headRecords(db, moment, await placesOf(db, kept, found, journaled));
      for (let start = 0; start < moment.documentIds.length; start += PAGE) {
        const ids = moment.documentIds.slice(start, start + PAGE);
        const { kind, appId, epoch, revision, jws } = documents;
        const page = await db
          .select({ kind, appId, epoch, revision, jws })
          .from(documents)
          .where(inArray(documents.id, ids));
        for (const row of page) {
          if (!isAsSigned(row)) changedRows.push(`${row.kind} document ${row.appId}, revision ${row.revision}`);
          yield { document: row.jws };
        }
      }
      const losses = outside === null ? await readLossEntries(db) : lossesOf(found);
      for (const { jws, sequence, issuedAtSeconds: iat } of await db.select().from(auditWitnesses)) {
        if (!isLost(losses, { sequence, iat })) yield { document: jws };
      }
      yield* walkAudit(db, { upToSequence: moment.end.sequence });
    },
  };
}

type DocumentRow = Pick<typeof documents.$inferSelect, "kind" | "appId" | "epoch" | "revision" | "jws">;

/** Whether the columns say what the text says; whether the text is ours is for the signature to say. */
function isAsSigned({ kind, appId, epoch, revision, jws }: DocumentRow): boolean {
  const parsed = parseJson(Buffer.from(jws.split(".")[1] ?? "", "base64url"));
  // Told by the signature's check.
  if (!parsed.ok || !isJsonObject(parsed.value)) return true;
  const said = parsed.value;
  return (
    said.epoch === epoch && said.revision === revision && (kind === "platform" ? appId === "" : said.appId === appId)
  );
}

type Place = "file" | "journal";
/** Where heads were found beside the table, by sequence and text; and up to where the journal was read. */
type Places = { bySequence: Map<number, Map<string, Place[]>>; journaledTo: number | null };

async function placesOf(
  db: Database,
  kept: readonly KeptHead[],
  found: readonly HeadRecord[],
  journaled: readonly HeadText[],
): Promise<Places> {
  const bySequence: Places["bySequence"] = new Map();
  const add = ({ sequence, jws }: HeadText, place: Place) => {
    const texts = bySequence.get(sequence) ?? new Map<string, Place[]>();
    const places = texts.get(jws) ?? [];
    bySequence.set(sequence, texts.set(jws, places.includes(place) ? places : [...places, place]));
  };
  for (const head of kept) add(head, "file");
  const lostFrom = Math.min(
    ...found.map((record) => ("loss" in record ? record.loss.fromSequence : Number.POSITIVE_INFINITY)),
  );
  const suspects = journaled.filter(({ sequence }) => sequence >= lostFrom).map(({ sequence }) => sequence);
  const rows =
    suspects.length === 0
      ? []
      : await db.select({ jws: auditHeads.jws }).from(auditHeads).where(gte(auditHeads.sequence, lostFrom));
  const standing = new Set(rows.map(({ jws }) => jws));
  for (const head of journaled) if (head.sequence < lostFrom || standing.has(head.jws)) add(head, "journal");
  const journaledTo = journaled.reduce<number | null>((max, { sequence }) => Math.max(max ?? 0, sequence), null);
  return { bySequence, journaledTo };
}

/** By sequence, each once, with the places where it was found. */
async function* headRecords(
  db: Database,
  moment: Moment,
  { bySequence, journaledTo }: Places,
): AsyncGenerator<unknown> {
  const sequences = [...bySequence.keys()].sort((a, b) => a - b);
  let next = 0;
  const beside = function* (before: number): Generator<unknown> {
    for (; next < sequences.length && (sequences[next] ?? 0) < before; next += 1) {
      for (const [jws, kept] of bySequence.get(sequences[next] ?? 0) ?? []) yield { head: jws, kept };
    }
  };
  let after = -1;
  for (;;) {
    const { sequence, jws } = auditHeads;
    const page = await db
      .select({ sequence, jws })
      .from(auditHeads)
      .where(and(gt(sequence, after), lte(sequence, moment.lastHead)))
      .orderBy(asc(sequence))
      .limit(PAGE);
    for (const row of page) {
      yield* beside(row.sequence);
      const texts = bySequence.get(row.sequence);
      const places = texts?.get(row.jws) ?? [];
      texts?.delete(row.jws);
      // What was signed since the journal was read is in it by now: no commit is answered before.
      const isSince = journaledTo !== null && row.sequence > journaledTo;
      yield { head: row.jws, kept: ["table", ...places, ...(isSince ? ["journal"] : [])] };
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.sequence ?? after;
  }
  yield* beside(Number.POSITIVE_INFINITY);
}
