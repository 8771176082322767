import { createHash } from "node:crypto";
import { join } from "node:path";
import { AppError } from "@/lib/platform/errors";
import type { JournalFs } from "../journal/journal-fs";
import type { BundleFiles } from "../store";

const NAMES = /^([0-9a-f]{64})\.(ma|ma\.sig|\d+\.new|\d+\.new\.sig)$/;

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AppError("unavailable", "A bundle cannot be written into the data folder.", { cause });
  }
}

export function createBundleFiles(fs: JournalFs, folder: string): BundleFiles {
  /** Names that this process is writing. */
  const writing = new Set<string>();
  let staged = 0;
  const at = (name: string) => join(folder, name);

  async function write(name: string, data: Uint8Array): Promise<void> {
    const file = await fs.create(at(name));
    try {
      await file.write(data);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async function removeIfThere(names: readonly string[]): Promise<void> {
    const there = new Set(await fs.list(folder));
    for (const name of names) if (there.has(name)) await fs.remove(at(name));
  }

  async function list(): Promise<{ whole: Set<string>; leftOver: string[] }> {
    const names = new Set(await fs.list(folder));
    const whole = new Set<string>();
    const leftOver: string[] = [];
    for (const name of names) {
      const sha256 = NAMES.exec(name)?.[1];
      if (sha256 === undefined || writing.has(name)) continue;
      const isWhole = names.has(`${sha256}.ma`) && names.has(`${sha256}.ma.sig`);
      if (isWhole) whole.add(sha256);
      if (!isWhole || name.includes(".new")) leftOver.push(name);
    }
    return { whole, leftOver };
  }

  return {
    async stage(sha256, { content, signature }) {
      await onDisk(() => fs.makeFolder(folder));
      const taken = new Set(await fs.list(folder));
      do staged += 1;
      while (taken.has(`${sha256}.${staged}.new`) || taken.has(`${sha256}.${staged}.new.sig`));
      const name = `${sha256}.${staged}.new`;
      const names = [name, `${name}.sig`];
      for (const each of names) writing.add(each);
      const drop = async () => {
        for (const each of names) writing.delete(each);
        await removeIfThere(names);
      };
      try {
        await onDisk(async () => {
          await write(`${name}.sig`, signature);
          await write(name, content);
        });
      } catch (error) {
        // Why it could not be written is what counts; what stays is left over, and removed later.
        await drop().catch(() => undefined);
        throw error;
      }
      return {
        keep: () =>
          onDisk(async () => {
            // The signature first: what counts as a bundle has one at every moment.
            await fs.rename(at(`${name}.sig`), at(`${sha256}.ma.sig`));
            await fs.rename(at(name), at(`${sha256}.ma`));
            await fs.syncFolder(folder);
          }),
        drop,
      };
    },
    async read(sha256) {
      if (!(await list()).whole.has(sha256)) return null;
      const content = await fs.read(at(`${sha256}.ma`));
      if (createHash("sha256").update(content).digest("hex") !== sha256) return null;
      return { content, signature: await fs.read(at(`${sha256}.ma.sig`)) };
    },
    list,
    remove: (sha256) => removeIfThere([`${sha256}.ma`, `${sha256}.ma.sig`]),
    removeLeftOver: (name) => removeIfThere([name]),
  };
}
