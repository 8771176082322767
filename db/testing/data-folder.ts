import { createHash } from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, beforeEach } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { findMigrationsFolder } from "../migrate";
import { type OpenedPglite, openPglite, type PgliteFolderOptions } from "../pglite/open-pglite";
import { pgliteSeed, pgliteSeedFolder } from "./pglite-seed";

const silent: Logger = () => undefined;

/** In memory where the system has enough of it: a test's folder is synced and thrown away many times. */
export function temporaryBase(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 1024 ** 3 ? "/dev/shm" : tmpdir();
  } catch {
    return tmpdir();
  }
}

export type DataFolder = {
  readonly path: string;
  open(more?: Partial<PgliteFolderOptions>): Promise<OpenedPglite>;
  /** Segments of the journal, oldest first. */
  segments(): string[];
  /** Names in the data folder that were set aside. */
  asides(): string[];
  /**
   * Every name below the folder with its owner's rights and its digest, the lock aside: equal where nothing was changed
   * but the rights of others, which every start takes away.
   */
  tree(): string[];
  /** Leaves the lock as a process leaves it that was killed, under the name of a kernel's run. */
  leaveLockBehind(bootId: string): void;
  /** Keeps a copy of a part of the folder, and puts it back. */
  copy(part: "store" | "journal"): () => void;
};

/**
 * A data folder for each test of the enclosing `describe`, with an empty store in it, opened on a run of the kernel
 * that is named `boot-1`.
 */
export function withDataFolder(): DataFolder {
  let path = "";
  beforeEach(async () => {
    path = mkdtempSync(join(temporaryBase(), "bulkhead-data-"));
    cpSync(await pgliteSeedFolder(), join(path, "store"), { recursive: true });
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    async open(more = {}) {
      return openPglite({
        dataDir: path,
        clock: { nowMs: () => Date.parse("2026-03-02T00:00:00Z") },
        logger: silent,
        migrationsFolder: findMigrationsFolder(),
        seed: await pgliteSeed(),
        bootId: "boot-1",
        ...more,
      });
    },
    segments: () =>
      readdirSync(join(path, "journal"))
        .sort()
        .map((name) => join(path, "journal", name)),
    asides: () => readdirSync(path).filter((name) => name.includes(".set-aside-")),
    tree: () => treeOf(path, path).filter((line) => !line.startsWith("lock")),
    leaveLockBehind(bootId) {
      const folder = join(path, "lock");
      const newest = Math.max(
        ...readdirSync(folder).flatMap((name) => (name.endsWith(".json") ? [parseInt(name, 10)] : [])),
      );
      const record = { pid: 1, bootId, startedAt: "2026-01-01T00:00:00.000Z", socket: "00.sock", isReleased: false };
      writeFileSync(join(folder, `${String(newest + 1).padStart(12, "0")}.json`), JSON.stringify(record));
    },
    copy(part) {
      const kept = mkdtempSync(join(temporaryBase(), "bulkhead-copy-"));
      cpSync(join(path, part), kept, { recursive: true });
      return () => {
        rmSync(join(path, part), { recursive: true });
        mkdirSync(join(path, part));
        cpSync(kept, join(path, part), { recursive: true });
        rmSync(kept, { recursive: true });
      };
    },
  };
}

function treeOf(base: string, folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const { mode } = lstatSync(path);
      const line = `${relative(base, path)} ${(mode & ~0o077).toString(8)}`;
      if (lstatSync(path).isDirectory()) return [line, ...treeOf(base, path)];
      return [`${line} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`];
    });
}

/** Flips one bit of a file. */
export function flipBit(file: string, offset: number): void {
  const data = readFileSync(file);
  data[offset] = (data[offset] ?? 0) ^ 1;
  writeFileSync(file, data);
}

/** Flips one bit of a table's first page, in a store that is closed. */
export async function damageTable(dataDir: string, name: string): Promise<void> {
  flipBit(await fileOfTable(dataDir, name), 8_180);
}

/** Leaves nothing of a table's file, in a store that is closed. */
export async function cutTable(dataDir: string, name: string): Promise<void> {
  truncateSync(await fileOfTable(dataDir, name), 0);
}

async function fileOfTable(dataDir: string, name: string): Promise<string> {
  const client = await PGlite.create(join(dataDir, "store"));
  const { rows } = await client.query<{ path: string }>("select pg_relation_filepath($1::regclass) as path", [name]);
  await client.close();
  return join(dataDir, "store", rows[0]?.path ?? "");
}
