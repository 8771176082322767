import { bytesEqual } from "../crypto/encoding";
import type { ArchiveFault } from "./archive-fault";
import { crc32 } from "./crc32";
import { type EntryName, readEntryName } from "./entry-name";
import { inflate } from "./inflate";
import { type CentralRecord, type EntryFields, readCentralRecords, readLocalRecord } from "./zip-records";

/** Hard limits, looked at before and while bytes are read, never after (spec §2, Bundle). */
export const ARCHIVE_LIMITS = {
  packedBytes: 30 * 1024 * 1024,
  unpackedBytes: 120 * 1024 * 1024,
  entries: 2000,
  /** Unpacked bytes to packed bytes, of the whole. */
  ratio: 100,
} as const;

export type ArchiveResult =
  /** Files by name, in the order of the central directory; directories are left out. */
  { ok: true; files: ReadonlyMap<string, Uint8Array> } | { ok: false; fault: ArchiveFault; entry?: string };

type PlacedEntry = { central: CentralRecord; name: EntryName };

/**
 * Reads a ZIP archive that has one reading only (spec §2, Bundle): records tile the bytes without gap or overlap, local
 * and central headers agree, every name is plain and unique, every size and CRC is true. It never throws for hostile
 * bytes.
 */
export function readArchive(bytes: Uint8Array): ArchiveResult {
  if (bytes.length > ARCHIVE_LIMITS.packedBytes) return { ok: false, fault: "too_large" };
  const directory = readCentralRecords(bytes, ARCHIVE_LIMITS.entries);
  if (!directory.ok) return directory;
  const unpacked = directory.records.reduce((total, record) => total + record.unpackedSize, 0);
  const unpackedMax = Math.min(ARCHIVE_LIMITS.unpackedBytes, ARCHIVE_LIMITS.ratio * bytes.length);
  if (unpacked > unpackedMax) return { ok: false, fault: "too_large" };
  const named = nameEntries(directory.records);
  if (!named.ok) return named;

  const files = new Map<string, Uint8Array>();
  const contents = new Map<PlacedEntry, Uint8Array>();
  let position = 0;
  const inFileOrder = [...named.entries].sort((a, b) => a.central.localOffset - b.central.localOffset);
  for (const [index, entry] of inFileOrder.entries()) {
    const end = inFileOrder[index + 1]?.central.localOffset ?? directory.start;
    const read = readEntry(bytes, entry, position, end);
    if (!read.ok) return { ok: false, fault: read.fault, entry: entry.name.name };
    contents.set(entry, read.data);
    position = end;
  }
  if (position !== directory.start) return { ok: false, fault: "bad_layout" };
  for (const entry of named.entries) {
    if (!entry.name.isDirectory) files.set(entry.name.name, contents.get(entry) ?? new Uint8Array(0));
  }
  return { ok: true, files };
}

type Named = { ok: true; entries: PlacedEntry[] } | { ok: false; fault: ArchiveFault; entry?: string };

function nameEntries(records: readonly CentralRecord[]): Named {
  const entries: PlacedEntry[] = [];
  const files = new Set<string>();
  const folders = new Set<string>();
  const explicit = new Set<string>();
  for (const central of records) {
    const name = readEntryName(central.nameBytes, central.isMarkedUtf8);
    if (name === undefined) return { ok: false, fault: "bad_name" };
    if (!isPlainKind(central, name)) return { ok: false, fault: "unsupported", entry: name.name };
    if (explicit.has(name.identity)) return { ok: false, fault: "duplicate_name", entry: name.name };
    explicit.add(name.identity);
    (name.isDirectory ? folders : files).add(name.identity);
    for (let slash = name.identity.indexOf("/"); slash !== -1; slash = name.identity.indexOf("/", slash + 1)) {
      folders.add(name.identity.slice(0, slash));
    }
    entries.push({ central, name });
  }
  for (const identity of files) {
    if (folders.has(identity)) return { ok: false, fault: "duplicate_name", entry: identity };
  }
  return { ok: true, entries };
}

const UNIX_TYPE_MASK = 0o170000;
const UNIX_FILE = 0o100000;
const UNIX_DIRECTORY = 0o040000;
const DOS_DIRECTORY = 0x10;

/** A file or a directory, and its name and attributes say the same; no link, device, pipe or socket. */
function isPlainKind(central: CentralRecord, name: EntryName): boolean {
  const unixType = (central.externalAttributes >>> 16) & UNIX_TYPE_MASK;
  if (unixType !== 0 && unixType !== UNIX_FILE && unixType !== UNIX_DIRECTORY) return false;
  const saysDirectory = unixType === UNIX_DIRECTORY || (central.externalAttributes & DOS_DIRECTORY) !== 0;
  if (saysDirectory && !name.isDirectory) return false;
  return !name.isDirectory || (unixType !== UNIX_FILE && central.unpackedSize === 0);
}

type Content = { ok: true; data: Uint8Array } | { ok: false; fault: ArchiveFault };

function readEntry(bytes: Uint8Array, { central }: PlacedEntry, position: number, end: number): Content {
  if (central.localOffset !== position) return { ok: false, fault: "bad_layout" };
  const local = readLocalRecord(bytes, position, end);
  if (local === undefined) return { ok: false, fault: "bad_record" };
  const dataEnd = local.dataStart + central.packedSize;
  const hasDescriptor = central.hasDataDescriptor;
  if (!fieldsAgree(local.fields, central)) return { ok: false, fault: "records_disagree" };
  if (hasDescriptor ? !isDescriptor(bytes.subarray(dataEnd, end), central) : dataEnd !== end) {
    return { ok: false, fault: "bad_layout" };
  }
  const packed = bytes.subarray(local.dataStart, dataEnd);
  const data = central.method === 0 ? packed : inflate(packed, central.unpackedSize);
  if (typeof data === "string") return { ok: false, fault: data };
  if (data.length !== central.unpackedSize || crc32(data) !== central.crc) {
    return { ok: false, fault: "bad_data" };
  }
  return { ok: true, data };
}

/** With a data descriptor the local header may leave CRC and sizes zero: the descriptor then states them. */
function fieldsAgree(local: EntryFields, central: CentralRecord): boolean {
  const sameHead =
    local.versionNeeded === central.versionNeeded &&
    local.flags === central.flags &&
    local.method === central.method &&
    local.modified === central.modified &&
    bytesEqual(local.nameBytes, central.nameBytes);
  const sameSizes =
    local.crc === central.crc && local.packedSize === central.packedSize && local.unpackedSize === central.unpackedSize;
  const isLeftOut = local.crc === 0 && local.packedSize === 0 && local.unpackedSize === 0;
  return sameHead && (sameSizes || (central.hasDataDescriptor && isLeftOut));
}

const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** What lies between an entry's data and the next record is its descriptor, with or without signature, and true. */
function isDescriptor(tail: Uint8Array, central: CentralRecord): boolean {
  if (tail.length !== 12 && tail.length !== 16) return false;
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const start = tail.length - 12;
  if (start === 4 && view.getUint32(0, true) !== DESCRIPTOR_SIGNATURE) return false;
  return (
    view.getUint32(start, true) === central.crc &&
    view.getUint32(start + 4, true) === central.packedSize &&
    view.getUint32(start + 8, true) === central.unpackedSize
  );
}
