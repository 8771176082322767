import { createHash } from "node:crypto";
import type { DurableFiles } from "./durable-files";
import { replaceFile } from "./replace-file";

/**
 * Keeps a value in two files, each with a sequence number and a digest over number and value, so that a flipped byte or
 * a cut-off file costs nothing: the other copy says the same, and of two whole ones the later counts.
 */
export type TwoCopies = {
  /** The latest whole copy; `damaged` counts files that are there and can't be believed. Rejects where none can be read. */
  read(): Promise<{ bytes: Uint8Array | undefined; damaged: number }>;
  /** Resolves once the first copy is on the disk; the second follows within the call to `mirror`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Has both copies say what was read or written last; nothing is written where they do. */
  mirror(): Promise<void>;
};

type Copy = { sequence: number; bytes: Uint8Array; isCovered: boolean };

const HEADER = /^bulkhead-state-2 (\d{1,16}) ([0-9a-f]{64})$/;
/** As released before: the digest leaves the number out. */
const UNCOVERED_HEADER = /^bulkhead-state (\d{1,16}) ([0-9a-f]{64})$/;

export function createTwoCopies(files: DurableFiles, path: string): TwoCopies {
  const paths = [`${path}.a`, `${path}.b`] as const;
  let sequence = 0;
  let latest: Uint8Array | undefined;
  /** Which copies say what `latest` says. */
  let isCurrent = [false, false];

  return {
    async read() {
      const { found, failure } = await readCopies(files, paths);
      const whole = found.map((raw) => raw && decode(raw));
      const [a, b] = whole;
      // The first copy is written first and so never the older one: a number that nothing vouches for changes nothing.
      const best = a && b?.isCovered && b.sequence > a.sequence ? b : (a ?? b);
      if (!best && failure !== undefined) throw failure;
      sequence = best?.sequence ?? 0;
      latest = best && encode(sequence, best.bytes);
      isCurrent = whole.map((copy) => copy?.isCovered === true && copy.sequence === sequence);
      return { bytes: best?.bytes, damaged: found.filter((raw, index) => raw && !whole[index]).length };
    },
    async write(bytes) {
      const encoded = encode(sequence + 1, bytes);
      isCurrent = [false, false];
      await replaceFile(files, paths[0], encoded);
      sequence += 1;
      latest = encoded;
      isCurrent = [true, false];
    },
    async mirror() {
      if (!latest) return;
      for (const [index, copy] of paths.entries()) {
        if (isCurrent[index]) continue;
        await replaceFile(files, copy, latest);
        isCurrent[index] = true;
      }
    },
  };
}

/**
 * Both copies as they lie there, `undefined` where there is none. One that can't be read is empty, and so never whole;
 * `failure` is why.
 */
export async function readCopies(
  files: DurableFiles,
  paths: readonly [string, string],
): Promise<{ found: (Uint8Array | undefined)[]; failure?: unknown }> {
  const read = await Promise.allSettled(paths.map((path) => files.read(path)));
  const failed = read.find((result) => result.status === "rejected");
  const found = read.map((result) => (result.status === "fulfilled" ? result.value : new Uint8Array(0)));
  return failed ? { found, failure: failed.reason } : { found };
}

function encode(sequence: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`bulkhead-state-2 ${sequence} ${digest(`${sequence}\n`, bytes)}\n`, "ascii"),
    bytes,
  ]);
}

function decode(raw: Uint8Array): Copy | undefined {
  const end = raw.indexOf(0x0a);
  if (end < 0 || end > 128) return undefined;
  const header = Buffer.from(raw.subarray(0, end)).toString("latin1");
  const bytes = raw.subarray(end + 1);
  const covered = HEADER.exec(header);
  if (covered) {
    const sequence = covered[1] ?? "";
    return digest(`${sequence}\n`, bytes) === covered[2]
      ? { sequence: Number(sequence), bytes, isCovered: true }
      : undefined;
  }
  const uncovered = UNCOVERED_HEADER.exec(header);
  if (!uncovered || digest("", bytes) !== uncovered[2]) return undefined;
  return { sequence: Number(uncovered[1]), bytes, isCovered: false };
}

function digest(before: string, bytes: Uint8Array): string {
  return createHash("sha256").update(before).update(bytes).digest("hex");
}
