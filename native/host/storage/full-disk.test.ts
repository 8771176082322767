import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openStorageArea } from "./program-storage";
import { readFreeSpace } from "./storage-budget";
import { openStorageFolder } from "./storage-folder";
import { budgetOfTest } from "./testing/budget-of-test";

const MIB = 1024 * 1024;
const disk = mkdtempSync(join(tmpdir(), "bulkhead-full-"));
const whyNot = mountSmall();
if (whyNot !== undefined) process.stderr.write(`\nSKIPPED storage on a full disk: ${whyNot}\n`);

function mountSmall(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount a small file system";
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", disk]);
  return mounted.status === 0 ? undefined : `no small file system can be mounted: ${mounted.stderr}`;
}
const freeBytes = (): number => statfsSync(disk).bavail * statfsSync(disk).bsize;

afterAll(() => {
  if (whyNot === undefined) spawnSync("umount", ["--lazy", disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(whyNot !== undefined)("programs' storage on a disk that is all but full", () => {
  it("stops growing while there is room for the state, and removes and shrinks even where there is none", async () => {
    const failures: unknown[] = [];
    const budget = budgetOfTest(disk, { freeSpace: readFreeSpace, onFailure: (error) => failures.push(error) });
    const [one, other] = await Promise.all(
      ["com.example.one", "com.example.two"].map((appId) =>
        openStorageArea({
          ...{ openFolder: openStorageFolder, root: disk, folders: [appId, "ume", "storage"], budget },
          onFailure: (error) => failures.push(error),
        }),
      ),
    );
    if (one === undefined || other === undefined) throw new Error("not opened");
    const fill = async (area: typeof one): Promise<void> => {
      for (let key = 0; (await area.write(`k${key}`, new Uint8Array(MIB / 2), () => true)).ok; key += 1);
    };
    await Promise.all([fill(one), fill(other)]);
    expect(freeBytes()).toBeGreaterThanOrEqual(16 * MIB);
    expect(freeBytes()).toBeLessThan(18 * MIB);
    const filler = join(disk, "filler");
    await appendFile(filler, new Uint8Array(freeBytes() - 64 * 1024));
    const shrunk = await one.write("k0", new Uint8Array(1), () => true);
    expect(shrunk).toEqual({ ok: true });
    await appendFile(filler, new Uint8Array(freeBytes()));
    expect(freeBytes()).toBe(0);
    expect(await one.write("kempty", new Uint8Array(), () => true)).toMatchObject({
      noRoom: { reason: "disk" },
    });
    for (const name of await other.names()) expect(await other.remove(name)).toBe(true);
    expect(other.usedBytes()).toBe(0);
    await rm(filler);
    expect(await other.write("k0", new Uint8Array(1), () => true)).toEqual({ ok: true });
    expect(failures).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });
});
