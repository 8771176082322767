import { spawnSync } from "node:child_process";
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { atEnd, freshFolder } from "./fault-server";

/** Why no small file system can be made here; null where it can. */
export function whyNoSmallDisk(): string | null {
  if (process.platform !== "linux") return "a full disk needs Linux's tmpfs";
  if (process.getuid?.() !== 0) return "a full disk needs root, to mount a small file system";
  const folder = freshFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status !== 0) return `no small file system can be mounted: ${mounted.stderr}`.trim();
  spawnSync("umount", [folder]);
  return null;
}

export type SmallDisk = {
  path: string;
  freeBytes(): number;
  /** Takes room until no more than this is free. */
  fill(leaveBytes: number): void;
  makeRoom(): void;
};

/** A file system of its own, of so many MiB, gone after the tests of this file. */
export function smallDisk(sizeMiB: number): SmallDisk {
  const path = freshFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=0700`, "tmpfs", path]);
  if (mounted.status !== 0) throw new Error(`no tmpfs: ${mounted.stderr}`);
  atEnd(() => void spawnSync("umount", ["--lazy", path]));
  const filler = join(path, "filler");
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    fill(leaveBytes) {
      for (let over = freeBytes() - leaveBytes; over > 0; over = freeBytes() - leaveBytes) {
        appendFileSync(filler, Buffer.alloc(Math.min(over, 1024 * 1024)));
      }
    },
    makeRoom: () => rmSync(filler, { force: true }),
  };
}
