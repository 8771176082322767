import { and, asc, gt, inArray, lte, sql } from "drizzle-orm";
import { rowsOf } from "@/db/rows";
import { auditHeads, auditWitnesses, documents, keysets } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import { isJsonObject, parseJson } from "@/native/core/json/parse-json";
import { type HeadFiles, type HeadRecord, type KeptHead, withoutLost } from "./head-files";
import { isLost, readLosses } from "./losses";
import { walkAudit } from "./walk-audit";

/** What stands outside the database beside the rows; absent where a process has no data folder of its own. */
export type OutsideHeads = {
  files: HeadFiles;
  /** Copies into the files what was committed. */
  copy(db: Database): Promise<void>;
};

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

async function readAll(files: HeadFiles): Promise<HeadRecord[]> {
  const found: HeadRecord[] = [];
  for await (const record of files.read()) found.push(record);
  return found;
}

/** What the files say at this moment: a head that was signed since the reading is in them as soon as it was copied. */
async function readOutside(db: Database, outside: OutsideHeads): Promise<{ moment: Moment; found: HeadRecord[] }> {
  await outside.copy(db);
  const before = await readAll(outside.files);
  const moment = await readMoment(db);
  await outside.copy(db);
  const found = await readAll(outside.files);
  const later = found
    .slice(before.length)
    .filter((record) => !("head" in record) || record.head.sequence <= moment.lastHead);
  return { moment, found: [...before, ...later] };
}

/**
 * The log with all that was signed of it, as one moment has it: keysets, the heads of table and files with where each was
 * found, documents as stored and as devices handed them back, and the entries. Read page by page; of the files' heads all
 * are in memory.
 */
export async function readLogRecords(db: Database, outside: OutsideHeads | null): Promise<LogRecords> {
  const { moment, found } =
    outside === null ? { moment: await readMoment(db), found: [] } : await readOutside(db, outside);
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
      yield* headRecords(db, moment, kept);
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
      const losses = await readLosses(db);
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

/** By sequence, each once, with the places where it was found. */
async function* headRecords(db: Database, moment: Moment, found: readonly KeptHead[]): AsyncGenerator<unknown> {
  const inFile = new Map<number, Set<string>>();
  for (const { sequence, jws } of found) {
    inFile.set(sequence, (inFile.get(sequence) ?? new Set()).add(jws));
  }
  const sequences = [...inFile.keys()].sort((a, b) => a - b);
  let next = 0;
  const fromFile = function* (before: number): Generator<unknown> {
    for (; next < sequences.length && (sequences[next] ?? 0) < before; next += 1) {
      for (const jws of inFile.get(sequences[next] ?? 0) ?? []) yield { head: jws, kept: ["file"] };
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
      yield* fromFile(row.sequence);
      const same = inFile.get(row.sequence);
      yield { head: row.jws, kept: same?.delete(row.jws) === true ? ["table", "file"] : ["table"] };
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.sequence ?? after;
  }
  yield* fromFile(Number.POSITIVE_INFINITY);
}
