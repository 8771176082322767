import type { ArchiveFault } from "./archive-fault";

/** The fields that a local and a central header of one entry both state. */
export type EntryFields = {
  versionNeeded: number;
  flags: number;
  method: number;
  /** DOS date and time, kept to be compared alone. */
  modified: number;
  crc: number;
  packedSize: number;
  unpackedSize: number;
  nameBytes: Uint8Array;
};

export type CentralRecord = EntryFields & {
  isMarkedUtf8: boolean;
  hasDataDescriptor: boolean;
  externalAttributes: number;
  localOffset: number;
};

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const ZIP64_MARK_16 = 0xffff;
const ZIP64_MARK_32 = 0xffffffff;

const FLAG_DESCRIPTOR = 1 << 3;
const FLAG_UTF8 = 1 << 11;
/** The two bits by which deflate says how hard it tried. */
const FLAGS_DEFLATE_OPTIONS = 0b110;
const FLAGS_ALLOWED = FLAG_DESCRIPTOR | FLAG_UTF8 | FLAGS_DEFLATE_OPTIONS;
const STORED = 0;
const DEFLATED = 8;

/** Most that a reader may be asked to be capable of: deflate and folders. */
const VERSION_NEEDED_MAX = 20;
/** Extra fields that only tell times or the packer: extended time stamp, Unix owner, NTFS times, Java's mark. */
const ALLOWED_EXTRA = new Set([0x5455, 0x7875, 0x000a, 0xcafe]);

export type CentralDirectory =
  | { ok: true; records: CentralRecord[]; start: number }
  | { ok: false; fault: ArchiveFault };

/**
 * The central directory by the one end record, which is the last 22 bytes: no comment, no second disk, no ZIP64, and the
 * records fill exactly what lies between the directory's start and it (spec §2, Bundle).
 */
export function readCentralRecords(bytes: Uint8Array, entriesMax: number): CentralDirectory {
  const view = viewOf(bytes);
  const end = bytes.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END_SIGNATURE) return { ok: false, fault: "not_one_archive" };
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  const isOneDisk = view.getUint32(end + 4, true) === 0 && view.getUint16(end + 8, true) === count;
  if (!isOneDisk || view.getUint16(end + 20, true) !== 0 || count === ZIP64_MARK_16 || start + size !== end) {
    return { ok: false, fault: "not_one_archive" };
  }
  if (count > entriesMax) return { ok: false, fault: "too_many_entries" };
  const records: CentralRecord[] = [];
  let position = start;
  for (let index = 0; index < count; index += 1) {
    const read = readCentralRecord(bytes, view, position, end);
    if (read === undefined) return { ok: false, fault: "bad_record" };
    if (!isSupported(read.record)) return { ok: false, fault: "unsupported" };
    records.push(read.record);
    position = read.next;
  }
  return position === end ? { ok: true, records, start } : { ok: false, fault: "not_one_archive" };
}

function readCentralRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  limit: number,
): { record: CentralRecord; next: number } | undefined {
  if (at + CENTRAL_BYTES > limit || view.getUint32(at, true) !== CENTRAL_SIGNATURE) return undefined;
  const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
  const next = nameEnd + view.getUint16(at + 30, true);
  const commentLength = view.getUint16(at + 32, true);
  const disk = view.getUint16(at + 34, true);
  if (next > limit || commentLength !== 0 || disk !== 0 || !isHarmlessExtra(bytes.subarray(nameEnd, next))) {
    return undefined;
  }
  const fields = readFields(view, at + 6, bytes.subarray(at + CENTRAL_BYTES, nameEnd));
  const record = {
    ...fields,
    isMarkedUtf8: (fields.flags & FLAG_UTF8) !== 0,
    hasDataDescriptor: (fields.flags & FLAG_DESCRIPTOR) !== 0,
    externalAttributes: view.getUint32(at + 38, true),
    localOffset: view.getUint32(at + 42, true),
  };
  return { record, next };
}

/** Stored or deflated, sizes in 32 bits, no encryption, no patch, no masked header, nothing newer than deflate. */
function isSupported(record: CentralRecord): boolean {
  if (record.versionNeeded > VERSION_NEEDED_MAX) return false;
  if ((record.flags & ~FLAGS_ALLOWED) !== 0) return false;
  if (record.method !== STORED && record.method !== DEFLATED) return false;
  // Whoever reads a stream can't tell where stored bytes end whose size follows them.
  if (record.method === STORED && (record.hasDataDescriptor || record.packedSize !== record.unpackedSize)) return false;
  return ![record.packedSize, record.unpackedSize, record.localOffset].includes(ZIP64_MARK_32);
}

/** The local header at `at` and where its data begins; undefined where it is none, or reaches past `limit`. */
export function readLocalRecord(
  bytes: Uint8Array,
  at: number,
  limit: number,
): { fields: EntryFields; dataStart: number } | undefined {
  const view = viewOf(bytes);
  if (at + LOCAL_BYTES > limit || view.getUint32(at, true) !== LOCAL_SIGNATURE) return undefined;
  const nameEnd = at + LOCAL_BYTES + view.getUint16(at + 26, true);
  const dataStart = nameEnd + view.getUint16(at + 28, true);
  if (dataStart > limit || !isHarmlessExtra(bytes.subarray(nameEnd, dataStart))) return undefined;
  return { fields: readFields(view, at + 4, bytes.subarray(at + LOCAL_BYTES, nameEnd)), dataStart };
}

function readFields(view: DataView, at: number, nameBytes: Uint8Array): EntryFields {
  return {
    versionNeeded: view.getUint16(at, true),
    flags: view.getUint16(at + 2, true),
    method: view.getUint16(at + 4, true),
    modified: view.getUint32(at + 6, true),
    crc: view.getUint32(at + 10, true),
    packedSize: view.getUint32(at + 14, true),
    unpackedSize: view.getUint32(at + 18, true),
    nameBytes,
  };
}

/** Well-formed blocks of id, length and data, all of them allowed. */
function isHarmlessExtra(extra: Uint8Array): boolean {
  const view = viewOf(extra);
  let at = 0;
  while (at < extra.length) {
    if (at + 4 > extra.length || !ALLOWED_EXTRA.has(view.getUint16(at, true))) return false;
    at += 4 + view.getUint16(at + 2, true);
  }
  return at === extra.length;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
