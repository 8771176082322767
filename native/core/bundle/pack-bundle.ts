import { deflateSync } from "fflate";
import { compareUtf8, utf8Bytes } from "../crypto/encoding";
import { crc32 } from "./crc32";
import { type Bundle, type BundleFault, openBundle } from "./open-bundle";

export type PackResult = { ok: true; bytes: Uint8Array; bundle: Bundle } | { ok: false; reason: BundleFault };

/** 1 January 1980, the first instant that ZIP can say: a bundle tells nothing of when or where it was packed. */
const MODIFIED = 0x00210000;
const VERSION_NEEDED = 20;
const FLAG_UTF8 = 1 << 11;

/**
 * Packs files into a bundle: the same files give the same bytes, whatever their order. What was packed is read back by
 * the reader that devices use, and what that refuses is refused here (spec §2, Bundle).
 */
export function packBundle(files: ReadonlyMap<string, Uint8Array>): PackResult {
  const bytes = writeArchive(files);
  const opened = openBundle(bytes);
  return opened.ok ? { ok: true, bytes, bundle: opened.bundle } : opened;
}

function writeArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const names = [...files.keys()].sort(compareUtf8);
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const entry = packEntry(name, files.get(name) ?? new Uint8Array(0));
    parts.push(entry.local, entry.data);
    central.push(entry.central(offset));
    offset += entry.local.length + entry.data.length;
  }
  const directorySize = central.reduce((total, record) => total + record.length, 0);
  return joined([...parts, ...central, endRecord(names.length, directorySize, offset)]);
}

function packEntry(name: string, content: Uint8Array) {
  const nameBytes = utf8Bytes(name);
  const deflated = deflateSync(content, { level: 9 });
  const isSmaller = deflated.length < content.length;
  const data = isSmaller ? deflated : content;
  const shared = [
    ...u16(VERSION_NEEDED),
    ...u16(FLAG_UTF8),
    ...u16(isSmaller ? 8 : 0),
    ...u32(MODIFIED),
    ...u32(crc32(content)),
    ...u32(data.length),
    ...u32(content.length),
    ...u16(nameBytes.length),
    ...u16(0),
  ];
  const local = Uint8Array.of(...u32(0x04034b50), ...shared, ...nameBytes);
  const central = (offset: number) =>
    Uint8Array.of(
      ...u32(0x02014b50),
      ...u16(VERSION_NEEDED),
      ...shared,
      ...new Uint8Array(10),
      ...u32(offset),
      ...nameBytes,
    );
  return { local, data, central };
}

function endRecord(count: number, size: number, start: number): Uint8Array {
  return Uint8Array.of(
    ...u32(0x06054b50),
    ...u32(0),
    ...u16(count),
    ...u16(count),
    ...u32(size),
    ...u32(start),
    ...u16(0),
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function u16(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value), ...u16(value >>> 16)];
}
