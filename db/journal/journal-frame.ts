import { createHash } from "node:crypto";
import { z } from "zod";

/** What the first record names as its predecessor. */
export const JOURNAL_START = "0".repeat(64);

const changeSchema = z.object({
  relation: z.string(),
  op: z.enum(["put", "delete", "void-before", "void-through"]),
  row: z.record(z.string(), z.unknown()),
});
const recordSchema = z.object({
  sequence: z.number().int().positive(),
  previous: z.string().length(64),
  at: z.string(),
  /** The newest migration that the rows had gone through; absent in records of the first released schema. */
  schema: z.number().int().optional(),
  /**
   * A part of all rows: where a journal begins, or begins again. Its rows are as they stood at this record, so that records of
   * what was written meanwhile may lie between two parts; how many there are stands in the last one at least.
   */
  base: z.object({ part: z.number().int().nonnegative(), parts: z.number().int().positive().nullable() }).optional(),
  changes: z.array(changeSchema),
});

/** One written row: `put` whole, `delete` by key, and for rows that are not kept the instant up to which they are void. */
export type RowChange = z.infer<typeof changeSchema>;
export type JournalEntry = z.infer<typeof recordSchema>;
/** A record as it is stored, beside the rows and in the journal alike. */
export type SealedRecord = { sequence: number; sha256: string; line: string };

/** Whether a record is the last part of a base: with it the base is whole, and counts. */
export const endsBase = ({ base }: Pick<JournalEntry, "base">): boolean => base?.parts === (base?.part ?? 0) + 1;

export function sealRecord(entry: JournalEntry): SealedRecord {
  const line = JSON.stringify(entry);
  return { sequence: entry.sequence, sha256: createHash("sha256").update(line).digest("hex"), line };
}

/** Null when the line is no record of ours. */
export function parseRecord(line: string): JournalEntry | null {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

const HEADER_BYTES = 8 + 1 + 64 + 1;
const NEWLINE = 10;

/** `LENGTH SHA256 LINE\n`: length of the line in bytes as 8 hex digits, digest as 64. */
export function frameRecord(record: SealedRecord): Uint8Array {
  const length = Buffer.byteLength(record.line).toString(16).padStart(8, "0");
  return Buffer.from(`${length} ${record.sha256} ${record.line}\n`);
}

/** The frame that begins at `offset`, or null when what stands there is not whole. */
export function readFrame(data: Uint8Array, offset: number): (SealedRecord & { end: number }) | null {
  const header = Buffer.from(data.buffer, data.byteOffset + offset, Math.min(HEADER_BYTES, data.length - offset));
  const match = /^([0-9a-f]{8}) ([0-9a-f]{64}) $/.exec(header.toString("latin1"));
  const [, length, sha256] = match ?? [];
  if (length === undefined || sha256 === undefined) return null;
  const from = offset + HEADER_BYTES;
  const to = from + Number.parseInt(length, 16);
  if (to >= data.length || data[to] !== NEWLINE) return null;
  const bytes = data.subarray(from, to);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return null;
  const line = Buffer.from(bytes).toString("utf8");
  const entry = parseRecord(line);
  return entry === null ? null : { sequence: entry.sequence, sha256, line, end: to + 1 };
}

/**
 * Whether a whole frame begins anywhere behind `offset`: then what stands at `offset` was no unfinished end. A line's
 * own text cannot pass for a frame, because it holds no line end.
 */
export function hasFrameBehind(data: Uint8Array, offset: number): boolean {
  const text = Buffer.from(data.buffer, data.byteOffset + offset, data.length - offset).toString("latin1");
  for (const match of text.matchAll(/(?=[0-9a-f]{8} [0-9a-f]{64} \{)/g)) {
    if (match.index > 0 && readFrame(data, offset + match.index) !== null) return true;
  }
  return false;
}
