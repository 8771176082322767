import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../core/bundle/crc32";
import { utf8Bytes } from "../../core/crypto/encoding";

/** A writer of ZIP archives that lies wherever it is told to. Only for vectors and tests. */

export type HeaderLies = Partial<{
  signature: number;
  versionNeeded: number;
  flags: number;
  method: number;
  modified: number;
  crc: number;
  packedSize: number;
  unpackedSize: number;
  name: string | Uint8Array;
  extra: Uint8Array;
}>;

export type CraftedEntry = {
  name: string | Uint8Array;
  content?: string | Uint8Array;
  method?: 0 | 8;
  flags?: number;
  /** Compressed bytes in place of the true ones. */
  packed?: Uint8Array;
  extra?: Uint8Array;
  comment?: string;
  madeBy?: number;
  externalAttributes?: number;
  descriptor?: "signed" | "bare";
  /** Bytes before this entry's local header. */
  gap?: Uint8Array;
  local?: HeaderLies;
  central?: HeaderLies & { localOffset?: number; disk?: number };
  /** Left out of the central directory, or without bytes of its own. */
  omit?: "central" | "local";
};

export type CraftedArchive = {
  entries: readonly CraftedEntry[];
  prefix?: Uint8Array;
  beforeDirectory?: Uint8Array;
  betweenDirectoryAndEnd?: Uint8Array;
  suffix?: Uint8Array;
  comment?: string;
  end?: Partial<{ disk: number; entriesHere: number; entries: number; size: number; start: number }>;
};

export const UTF8_FLAG = 1 << 11;
const DESCRIPTOR_FLAG = 1 << 3;
const MODIFIED = 0x00210000;

export function craftArchive(archive: CraftedArchive): Uint8Array {
  const body: Uint8Array[] = [archive.prefix ?? empty];
  const directory: Uint8Array[] = [];
  let offset = body[0]?.length ?? 0;
  const add = (part: Uint8Array) => {
    body.push(part);
    offset += part.length;
  };
  for (const entry of archive.entries) {
    add(entry.gap ?? empty);
    const crafted = craftEntry(entry);
    if (entry.omit !== "central") directory.push(crafted.central(entry.central?.localOffset ?? offset));
    if (entry.omit !== "local") add(crafted.local);
  }
  add(archive.beforeDirectory ?? empty);
  const records = Buffer.concat(directory);
  const comment = utf8Bytes(archive.comment ?? "");
  const lies = archive.end ?? {};
  const end = Buffer.concat([
    u32(0x06054b50),
    u16(lies.disk ?? 0),
    u16(0),
    u16(lies.entriesHere ?? lies.entries ?? directory.length),
    u16(lies.entries ?? directory.length),
    u32(lies.size ?? records.length),
    u32(lies.start ?? offset),
    u16(comment.length),
    comment,
  ]);
  const between = archive.betweenDirectoryAndEnd ?? empty;
  return new Uint8Array(Buffer.concat([...body, records, between, end, archive.suffix ?? empty]));
}

const empty = new Uint8Array(0);

function craftEntry(entry: CraftedEntry) {
  const content = typeof entry.content === "string" ? utf8Bytes(entry.content) : (entry.content ?? empty);
  const method = entry.method ?? 8;
  const packed = entry.packed ?? (method === 8 ? new Uint8Array(deflateRawSync(content)) : content);
  const descriptorFlag = entry.descriptor === undefined ? 0 : DESCRIPTOR_FLAG;
  const truth = {
    versionNeeded: 20,
    flags: (entry.flags ?? UTF8_FLAG) | descriptorFlag,
    method,
    modified: MODIFIED,
    crc: crc32(content),
    packedSize: packed.length,
    unpackedSize: content.length,
    name: entry.name,
    extra: entry.extra ?? empty,
  };
  const leftOut = descriptorFlag === 0 ? {} : { crc: 0, packedSize: 0, unpackedSize: 0 };
  const local = { signature: 0x04034b50, ...truth, ...leftOut, ...entry.local };
  const central = { signature: 0x02014b50, ...truth, ...entry.central };
  const descriptor = Buffer.concat([
    entry.descriptor === "signed" ? u32(0x08074b50) : empty,
    entry.descriptor === undefined ? empty : Buffer.concat([u32(truth.crc), u32(packed.length), u32(content.length)]),
  ]);
  const comment = utf8Bytes(entry.comment ?? "");
  return {
    local: Buffer.concat([u32(local.signature), shared(local), nameOf(local.name), local.extra, packed, descriptor]),
    central: (offset: number) =>
      Buffer.concat([
        u32(central.signature),
        u16(entry.madeBy ?? 20),
        shared(central),
        u16(comment.length),
        u16(entry.central?.disk ?? 0),
        u16(0),
        u32(entry.externalAttributes ?? 0),
        u32(offset),
        nameOf(central.name),
        central.extra,
        comment,
      ]),
  };
}

type Fields = Required<Omit<HeaderLies, "signature">>;

function shared(fields: Fields): Uint8Array {
  return Buffer.concat([
    u16(fields.versionNeeded),
    u16(fields.flags),
    u16(fields.method),
    u32(fields.modified),
    u32(fields.crc),
    u32(fields.packedSize),
    u32(fields.unpackedSize),
    u16(nameOf(fields.name).length),
    u16(fields.extra.length),
  ]);
}

function nameOf(name: string | Uint8Array): Uint8Array {
  return typeof name === "string" ? utf8Bytes(name) : name;
}

/** One block of an extra field. */
export function extraBlock(id: number, data: string | Uint8Array): Uint8Array {
  const bytes = nameOf(data);
  return new Uint8Array(Buffer.concat([u16(id), u16(bytes.length), bytes]));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}

function u32(value: number): Uint8Array {
  return Buffer.concat([u16(value), u16(value >>> 16)]);
}
