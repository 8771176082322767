import { createHash } from "node:crypto";
import type { QueueRecord } from "../../core/telemetry/queue-state";

/**
 * The queue's log as bytes: a record a line, `number more digest json`. Records of a log are numbered from 0; `more`
 * counts the lines that were written in one with this one and follow it; the digest is SHA-256 over all the rest.
 */
type Line = { number: number; more: number; record: QueueRecord; end: number };

/** One copy of a log, as far as it can be believed. */
export type LogCopy = {
  bytes: Uint8Array;
  lines: readonly Line[];
  /** Pieces that end like a line and are none. */
  damaged: number;
  /** It ends within a line. */
  isCut: boolean;
};

/** What the copies of a log say together. */
export type RecoveredLog = { records: readonly QueueRecord[]; hasSnapshot: boolean; lost: number };

const LF = 0x0a;
const PREFIX = /^((\d{1,16}) (\d{1,16}) )([0-9a-f]{64}) /;
/** As released before: 16 digits of the digest, no numbers, one copy. */
const FORMER_PREFIX = /^([0-9a-f]{16}) /;
const PREFIX_BYTES_MAX = 128;

/** Lines of records that are stored together or not at all, the first of them with this number. */
export function encodeLines(first: number, records: readonly QueueRecord[]): Uint8Array {
  const lines = records.map((record, index) => {
    const place = `${first + index} ${records.length - 1 - index} `;
    const text = Buffer.from(JSON.stringify(record), "utf8");
    return Buffer.concat([Buffer.from(`${place}${digest(place, text)} `, "ascii"), text, Buffer.from([LF])]);
  });
  return Buffer.concat(lines);
}

export function readLog(bytes: Uint8Array): LogCopy {
  return readLines(bytes, (head, line) => {
    const match = PREFIX.exec(head);
    if (!match) return undefined;
    const [prefix, place = "", number, more, sha256] = match;
    const text = line.subarray(prefix.length);
    return digest(place, text) === sha256 ? { number: Number(number), more: Number(more), text } : undefined;
  });
}

/** A log of the form that was released before. */
export function readFormerLog(bytes: Uint8Array): LogCopy {
  return readLines(bytes, (head, line, index) => {
    const match = FORMER_PREFIX.exec(head);
    const text = line.subarray(17);
    return match && digest("", text).startsWith(match[1] ?? "") ? { number: index, more: 0, text } : undefined;
  });
}

function readLines(
  bytes: Uint8Array,
  readLine: (
    head: string,
    line: Uint8Array,
    index: number,
  ) => { number: number; more: number; text: Uint8Array } | undefined,
): LogCopy {
  const lines: Line[] = [];
  let start = 0;
  let pieces = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    const line = bytes.subarray(start, end);
    const head = Buffer.from(line.subarray(0, PREFIX_BYTES_MAX)).toString("latin1");
    const read = readLine(head, line, pieces);
    start = end + 1;
    pieces += 1;
    if (!read) continue;
    const record = JSON.parse(Buffer.from(read.text).toString("utf8")) as QueueRecord;
    lines.push({ number: read.number, more: read.more, record, end: start });
  }
  return { bytes, lines, damaged: pieces - lines.length, isCut: start < bytes.byteLength };
}

/**
 * The records that one of the copies has whole, in order, and how many neither has. The second copy is begun after the
 * first is on the disk, so what it has bytes of was acknowledged; what the first alone has begun was not, and a write
 * of which the end is missing is left out.
 */
export function mergeCopies(first: LogCopy | undefined, second: LogCopy | undefined): RecoveredLog {
  const byNumber = new Map([...(second?.lines ?? []), ...(first?.lines ?? [])].map((line) => [line.number, line]));
  const whole = [...byNumber.values()].sort((a, b) => a.number - b.number);
  const last = whole.at(-1);
  let lost = (last ? last.number + 1 : 0) - whole.length;
  const acknowledged = second?.bytes.subarray(last?.end ?? 0) ?? new Uint8Array(0);
  if (acknowledged.byteLength > 0) lost += Math.max(1, last?.more ?? 0, piecesOf(acknowledged));
  else while ((whole.at(-1)?.more ?? 0) > 0) whole.pop();
  return summarize(whole, lost);
}

/** What a log of the released form has: every line that is no record was one. */
export const recoverFormerLog = ({ lines, damaged }: LogCopy): RecoveredLog => summarize(lines, damaged);

function summarize(whole: readonly Line[], lost: number): RecoveredLog {
  const hasSnapshot = whole[0]?.number === 0 && whole[0].record.kind === "snapshot";
  // Every log begins with a snapshot.
  return { records: whole.map(({ record }) => record), hasSnapshot, lost: hasSnapshot ? lost : Math.max(1, lost) };
}

function piecesOf(bytes: Uint8Array): number {
  const ends = bytes.reduce((count, byte) => count + (byte === LF ? 1 : 0), 0);
  return bytes.at(-1) === LF ? ends : ends + 1;
}

function digest(place: string, text: Uint8Array): string {
  return createHash("sha256").update(place).update(text).digest("hex");
}
