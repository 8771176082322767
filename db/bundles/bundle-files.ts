import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { AppError } from "@/lib/platform/errors";
import type { BundleFs } from "./bundle-fs";

/** A bundle's bytes and its detached signature (DER), as they were submitted. */
export type BundleBytes = { content: Uint8Array; signature: Uint8Array };

/** Those of the asked digests that lie elsewhere, in any order; none of them is verified. */
export type SpareBundles = (sha256: ReadonlySet<string>) => AsyncIterable<BundleBytes & { sha256: string }>;

/** Bytes that are on the disk under a name that does not count. */
export type StagedBundle = {
  /** Where another thread of this machine reads them. */
  path: string;
  sizeBytes: number;
  /** Gives them the names that count. They are on the disk when this resolves. */
  keep(sha256: string, signature: Uint8Array): Promise<void>;
  /** Removes what was not kept. */
  drop(): Promise<void>;
};

/**
 * Bundles as files: `SHA256.ma`, beside it `SHA256.ma.sig`, in one folder that any number of processes share, on as many
 * hosts as it is mounted on. A file that has its name is whole. Raises `unavailable` where they cannot be written, and
 * what the file system raises where they cannot be read.
 */
export type BundleFiles = {
  /** Writes bytes as they come, under a name that nobody else takes. What `content` raises is raised, and nothing stays. */
  stage(content: AsyncIterable<Uint8Array>): Promise<StagedBundle>;
  /** How large the file of this digest is; null where there is none. Says nothing of its bytes. */
  sizeOf(sha256: string): Promise<number | null>;
  /** The file's bytes as they are, held against nothing. */
  stream(sha256: string): AsyncIterable<Uint8Array>;
  /** Whether the file has the bytes of its name, read piece by piece. */
  check(sha256: string): Promise<"kept" | "missing" | "changed">;
  /** The bundle with these bytes, in memory; null where its file or signature is not there, or has other bytes. */
  read(sha256: string): Promise<BundleBytes | null>;
  /** The signature beside the file of this digest; null where there is none. */
  signatureOf(sha256: string): Promise<Uint8Array | null>;
  /** Digests that have a file. */
  list(): Promise<ReadonlySet<string>>;
  /** When the file got its bytes, in milliseconds; null where there is none. */
  writtenMs(sha256: string): Promise<number | null>;
  /** Gives a file this signature, unless it has it already. It is on the disk when this resolves. */
  sign(sha256: string, signature: Uint8Array): Promise<void>;
  remove(sha256: string): Promise<void>;
  /** Removes what was begun before an instant and never became a bundle; answers how many files. */
  removeUnfinished(beforeMs: number): Promise<number>;
};

const BUNDLE = /^([0-9a-f]{64})\.ma$/;
const SIGNATURE = /^([0-9a-f]{64})\.ma\.sig$/;
/** Names that are being written, also those of earlier versions. */
const UNFINISHED = /^[0-9a-f-]{36,64}(\.\d+)?\.new(\.sig)?$/;

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AppError("unavailable", "A bundle cannot be written into the bundles' folder.", { cause });
  }
}

export function createBundleFiles(
  fs: BundleFs,
  folder: string,
  nextName: () => string = () => randomUUID(),
): BundleFiles {
  const at = (name: string) => join(folder, name);
  const bundleAt = (sha256: string) => at(`${sha256}.ma`);

  async function removeIfThere(names: readonly string[]): Promise<number> {
    let removed = 0;
    for (const name of names) {
      if ((await fs.stat(at(name))) === null) continue;
      await fs.remove(at(name)).catch(unlessGone);
      removed += 1;
    }
    return removed;
  }

  async function writeSignature(name: string, signature: Uint8Array): Promise<void> {
    const file = await fs.create(at(name));
    try {
      await file.write(signature);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  return {
    async stage(content) {
      const name = `${nextName()}.new`;
      const signatureName = `${name}.sig`;
      const drop = async () => void (await removeIfThere([name, signatureName]));
      await onDisk(() => fs.makeFolder(folder));
      const file = await onDisk(() => fs.create(at(name)));
      let sizeBytes = 0;
      try {
        try {
          for await (const piece of content) {
            await onDisk(() => file.write(piece));
            sizeBytes += piece.byteLength;
          }
          await onDisk(() => file.sync());
        } finally {
          await onDisk(() => file.close());
        }
      } catch (error) {
        // Why it was not taken is what counts; what stays is unfinished, and removed later.
        await drop().catch(() => undefined);
        throw error;
      }
      return {
        path: at(name),
        sizeBytes,
        keep: (sha256, signature) =>
          onDisk(async () => {
            await writeSignature(signatureName, signature);
            // The signature first: a file that counts has one at every moment.
            await fs.rename(at(signatureName), at(`${sha256}.ma.sig`));
            await fs.rename(at(name), bundleAt(sha256));
            await fs.syncFolder(folder);
          }),
        drop,
      };
    },
    async sizeOf(sha256) {
      return (await fs.stat(bundleAt(sha256)))?.sizeBytes ?? null;
    },
    stream: (sha256) => fs.stream(bundleAt(sha256)),
    async check(sha256) {
      if ((await fs.stat(bundleAt(sha256))) === null) return "missing";
      const hash = createHash("sha256");
      for await (const piece of fs.stream(bundleAt(sha256))) hash.update(piece);
      return hash.digest("hex") === sha256 ? "kept" : "changed";
    },
    async read(sha256) {
      const signatureAt = at(`${sha256}.ma.sig`);
      for (const path of [bundleAt(sha256), signatureAt]) if ((await fs.stat(path)) === null) return null;
      const content = await fs.read(bundleAt(sha256));
      if (createHash("sha256").update(content).digest("hex") !== sha256) return null;
      return { content, signature: await fs.read(signatureAt) };
    },
    async signatureOf(sha256) {
      const signatureAt = at(`${sha256}.ma.sig`);
      return (await fs.stat(signatureAt)) === null ? null : await fs.read(signatureAt);
    },
    async list() {
      return new Set((await fs.list(folder)).flatMap((name) => BUNDLE.exec(name)?.[1] ?? []));
    },
    async writtenMs(sha256) {
      return (await fs.stat(bundleAt(sha256)))?.modifiedMs ?? null;
    },
    sign: (sha256, signature) =>
      onDisk(async () => {
        const signatureAt = at(`${sha256}.ma.sig`);
        const isThere = (await fs.stat(signatureAt)) !== null;
        if (isThere && Buffer.from(signature).equals(await fs.read(signatureAt))) return;
        const name = `${nextName()}.new.sig`;
        try {
          await writeSignature(name, signature);
          await fs.rename(at(name), signatureAt);
        } catch (error) {
          // Why it was not written is what counts; what stays is unfinished, and removed later.
          await removeIfThere([name]).catch(() => undefined);
          throw error;
        }
        await fs.syncFolder(folder);
      }),
    async remove(sha256) {
      // The bundle first: a signature alone is unfinished, and a bundle alone would count.
      await removeIfThere([`${sha256}.ma`, `${sha256}.ma.sig`]);
    },
    async removeUnfinished(beforeMs) {
      const names = new Set(await fs.list(folder));
      const over: string[] = [];
      for (const name of names) {
        const signed = SIGNATURE.exec(name)?.[1];
        const isHalf = signed !== undefined && !names.has(`${signed}.ma`);
        if (!isHalf && !UNFINISHED.test(name)) continue;
        const found = await fs.stat(at(name));
        if (found !== null && found.modifiedMs < beforeMs) over.push(name);
      }
      return removeIfThere(over);
    },
  };
}

/** Another process may have removed it meanwhile. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** Bytes that are in memory, for `stage`. */
export async function* piecesOf(content: Uint8Array, pieceBytes = 1024 * 1024): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < content.length; from += pieceBytes) yield content.subarray(from, from + pieceBytes);
}

/** Stages and keeps bytes that are in memory. */
export async function keepBundle(files: BundleFiles, sha256: string, bundle: BundleBytes): Promise<void> {
  const staged = await files.stage(piecesOf(bundle.content));
  try {
    await staged.keep(sha256, bundle.signature);
  } finally {
    await staged.drop();
  }
}
