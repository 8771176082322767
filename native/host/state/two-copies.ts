import { createHash } from "node:crypto";
import type { DurableFiles } from "./durable-files";
import { replaceFile } from "./replace-file";

/**
 * Keeps a value in two files, each with a sequence number and a digest, so that a flipped byte or a cut-off file costs
 * nothing: the other copy says the same, and of two whole ones the later counts.
 */
export type TwoCopies = {
  /** The latest whole copy; `damaged` counts files that are there and can't be believed. */
  read(): Promise<{ bytes: Uint8Array | undefined; damaged: number }>;
  /** Resolves once the first copy is on the disk; the second follows within the call to `mirror`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Brings the second copy up to the first. */
  mirror(): Promise<void>;
};

const HEADER = /^bulkhead-state (\d{1,16}) ([0-9a-f]{64})$/;

export function createTwoCopies(files: DurableFiles, path: string): TwoCopies {
  const first = `${path}.a`;
  const second = `${path}.b`;
  let sequence = 0;
  let latest: Uint8Array | undefined;

  return {
    async read() {
      const found = [await files.read(first), await files.read(second)];
      const whole = found.map((raw) => (raw ? decode(raw) : undefined));
      const [a, b] = whole;
      const best = a && b ? (b.sequence > a.sequence ? b : a) : (a ?? b);
      sequence = best?.sequence ?? 0;
      latest = best ? encode(sequence, best.bytes) : undefined;
      return { bytes: best?.bytes, damaged: found.filter((raw, index) => raw && !whole[index]).length };
    },
    async write(bytes) {
      const encoded = encode(sequence + 1, bytes);
      await replaceFile(files, first, encoded);
      sequence += 1;
      latest = encoded;
    },
    async mirror() {
      if (latest) await replaceFile(files, second, latest);
    },
  };
}

function encode(sequence: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`bulkhead-state ${sequence} ${sha256Hex(bytes)}\n`, "ascii"), bytes]);
}

function decode(raw: Uint8Array): { sequence: number; bytes: Uint8Array } | undefined {
  const end = raw.indexOf(0x0a);
  if (end < 0 || end > 128) return undefined;
  const match = HEADER.exec(Buffer.from(raw.subarray(0, end)).toString("latin1"));
  const bytes = raw.subarray(end + 1);
  if (!match || sha256Hex(bytes) !== match[2]) return undefined;
  return { sequence: Number(match[1]), bytes };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
