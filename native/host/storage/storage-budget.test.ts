import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StorageBudget } from "../ports";
import { openStorageArea, type StorageArea } from "./program-storage";
import type { StorageBudgetOptions, StorageRefusal } from "./storage-budget";
import { openStorageFolder, readValue } from "./storage-folder";
import { type StoredArea, storedAreas } from "./stored-areas";
import { budgetOfTest } from "./testing/budget-of-test";

const BLOCK = 4096;
const MIB = 1024 * 1024;
const always = (): boolean => true;
const never = new Promise<never>(() => undefined);
/** So many blocks in the budget: content of whole blocks, and one more. */
const content = (blocks: number): Uint8Array => new Uint8Array((blocks - 1) * BLOCK);
const OK = { ok: true };
const noRoom = (reason: string) => ({ ok: false, reason: "no_room", noRoom: expect.objectContaining({ reason }) });

let root: string;
const open: StorageArea[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bulkhead-budget-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((area) => area.close()));
  await rm(root, { recursive: true, force: true });
});

async function openArea(
  budget: StorageBudget,
  appId: string,
  changes: Partial<Parameters<typeof openStorageArea>[0]> = {},
): Promise<StorageArea> {
  const area = await openStorageArea({
    ...{ openFolder: openStorageFolder, root, folders: [appId, "ume", "storage"], budget },
    onFailure: () => undefined,
    ...changes,
  });
  open.push(area);
  return area;
}

const blocks = (count: number, changes: Partial<StorageBudgetOptions> = {}): StorageBudget =>
  budgetOfTest(root, { budgetBytes: count * BLOCK, ...changes });

/** What lies in the areas, reckoned anew from the names on the disk. */
async function chargeOnDisk(folder = root, depth = 0): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await lstat(path);
    if (depth < 3) sum += await chargeOnDisk(path, depth + 1);
    else sum += BLOCK * (1 + Math.ceil(found.size / BLOCK));
  }
  return sum;
}

/** What a host that starts on this folder counts. */
async function countAnew(): Promise<number> {
  const budget = budgetOfTest(root);
  const begun = await budget
    .open(["com.example.count", "ume", "storage"], 0)
    .begin({ growthBytes: 1, writtenBytes: 0 });
  if (begun.ok) begun.settle(0);
  return budget.heldBytes();
}

type Step = { key: number; blocks: number; fails: "no" | "before" | "after" };
const step: fc.Arbitrary<Step> = fc.record({
  key: fc.nat(3),
  /** 0 removes. */
  blocks: fc.nat(9),
  fails: fc.oneof(
    { weight: 8, arbitrary: fc.constant("no" as const) },
    fc.constantFrom("before" as const, "after" as const),
  ),
});

describe("the budget of all programs' storage", () => {
  it("is never passed by programs that write and remove at once, and counts exactly what is there, whatever failed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 4, max: 60 }),
        async (programs, budgetBlocks) => {
          const budget = blocks(budgetBlocks);
          const share = Math.floor((budgetBlocks * BLOCK) / 4);
          const stored = new Map<string, number>();
          const areas: StorageArea[] = [];
          await Promise.all(
            programs.map(async (steps, index) => {
              const appId = `com.example.p${index}`;
              let fails: Step["fails"] = "no";
              const area = await openStorageArea({
                async openFolder(...args) {
                  const folder = await openStorageFolder(...args);
                  return {
                    ...folder,
                    async replace(name, bytes) {
                      if (fails === "before") throw new Error("before");
                      await folder.replace(name, bytes);
                      stored.set(`${appId} ${name}`, BLOCK * (1 + Math.ceil(bytes.length / BLOCK)));
                      const sum = [...stored.values()].reduce((one, other) => one + other, 0);
                      expect(sum).toBeLessThanOrEqual(budgetBlocks * BLOCK);
                      if (fails === "after") throw new Error("after");
                    },
                  };
                },
                ...{ root, folders: [appId, "ume", "storage"], budget, onFailure: () => undefined },
              });
              areas.push(area);
              for (const { key, blocks: wanted, fails: how } of steps) {
                fails = how;
                const name = `k${key}`;
                if (wanted > 0) {
                  const result = await area.write(name, content(wanted), always);
                  if (how === "no" && !result.ok) expect(result.reason).toBe("no_room");
                } else if (await area.remove(name)) stored.delete(`${appId} ${name}`);
                expect(budget.heldBytes()).toBeLessThanOrEqual(budgetBlocks * BLOCK);
                const own = [...stored].filter(([id]) => id.startsWith(`${appId} `));
                expect(own.reduce((sum, [, charge]) => sum + charge, 0)).toBeLessThanOrEqual(share);
              }
            }),
          );
          const there = await chargeOnDisk();
          expect(budget.heldBytes()).toBe(there);
          expect([...stored.values()].reduce((one, other) => one + other, 0)).toBe(there);
          expect(await countAnew()).toBe(there);
          await Promise.all(areas.map((area) => area.close()));
          await rm(root, { recursive: true });
          await mkdir(root);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives the last room to one of two that ask at once", async () => {
    await (await openArea(blocks(100), "com.example.old")).write("ka", content(8), always);
    const budget = blocks(12);
    const areas = await Promise.all(["com.example.one", "com.example.two"].map((appId) => openArea(budget, appId)));
    const results = await Promise.all(areas.map((area) => area.write("ka", content(3), always)));
    expect(results).toEqual(expect.arrayContaining([OK, noRoom("budget")]));
    expect(budget.heldBytes()).toBe(11 * BLOCK);
  });

  it.each([
    [1, 25],
    [10, 10],
  ])("gives a program of %i no more than its share, and every other one its own", async (programs, share) => {
    const budget = blocks(100, { programs });
    const hostile = await openArea(budget, "com.example.hostile");
    const elsewhere = await openArea(budget, "com.example.hostile", {
      folders: ["com.example.hostile", "ume", "cache"],
    });
    let kept = 0;
    while ((await (kept % 2 === 0 ? hostile : elsewhere).write(`k${kept}`, new Uint8Array(), always)).ok) kept += 1;
    expect(kept).toBe(share);
    expect(await hostile.write("knew", content(2), always)).toEqual({
      ok: false,
      reason: "no_room",
      noRoom: { ok: false, reason: "share", limit: share * BLOCK, used: share * BLOCK },
    });
    for (let other = 1; other < Math.max(4, programs); other += 1) {
      const area = await openArea(budget, `com.example.p${other}`);
      expect(await area.write("ka", content(share), always)).toEqual(OK);
    }
  });

  it("that was lowered takes nothing away: what is there is read, shrinks and goes, and only growth is refused", async () => {
    const before = await openArea(blocks(100), "com.example.one");
    await before.write("ka", content(10), always);
    await before.write("kb", content(10), always);
    await before.close();
    const after = await openArea(blocks(8), "com.example.one");
    expect(await readValue(await after.open("ka"))).toHaveLength(9 * BLOCK);
    expect(await after.write("ka", content(11), always)).toEqual(noRoom("share"));
    expect(await after.write("ka", content(10), always)).toEqual(OK);
    expect(await after.write("ka", content(2), always)).toEqual(OK);
    expect(await after.write("kc", content(1), always)).toEqual(noRoom("share"));
    expect(await after.remove("kb")).toBe(true);
    expect(await after.write("ka", content(1), always)).toEqual(OK);
    expect(await after.write("kc", content(1), always)).toEqual(OK);
  });

  it("counts what lies in every area and user, and neither links nor what is behind them", async () => {
    const outside = await mkdtemp(join(tmpdir(), "bulkhead-outside-"));
    await mkdir(join(outside, "ume", "storage"), { recursive: true });
    await writeFile(join(outside, "ume", "storage", "ka"), content(9));
    for (const folders of ["one/ume/storage", "one/ume/cache", "one/uother/storage", "two/ume/files"]) {
      await mkdir(join(root, folders), { recursive: true });
      await writeFile(join(root, folders, "ka"), content(2));
    }
    await symlink(outside, join(root, "three"));
    await symlink(join(outside, "ume"), join(root, "one/ulink"));
    await symlink(join(outside, "ume/storage"), join(root, "one/ume/link"));
    await symlink(join(outside, "ume/storage/ka"), join(root, "one/ume/storage/kb"));
    await writeFile(join(root, "one/ume/usage.json"), content(5));
    expect(await countAnew()).toBe(8 * BLOCK);
    await rm(outside, { recursive: true });
  });
});

describe("until all was counted", () => {
  /** Areas that are there, behind a step that the test takes. */
  function heldBack() {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* areas(): AsyncGenerator<StoredArea> {
      await gate;
      yield* storedAreas(root);
    }
    return { areas, go: () => go() };
  }

  it("a write that grows waits, and what others keep counts against it", async () => {
    await (await openArea(blocks(100), "com.example.old")).write("ka", content(20), always);
    const { areas, go } = heldBack();
    const budget = blocks(26, { areas });
    const areasOfTwo = await Promise.all(
      ["com.example.one", "com.example.two"].map((appId) => openArea(budget, appId)),
    );
    const writing = areasOfTwo.map((area, index) => area.write("ka", content(6 - index), always));
    const first = await Promise.race([Promise.any(writing), readdir(root).then((names) => names.sort())]);
    expect(first).toEqual(["com.example.old", "com.example.one", "com.example.two"]);
    go();
    expect(await Promise.all(writing)).toEqual(expect.arrayContaining([OK, noRoom("budget")]));
  });

  it("removing and shrinking do not, and are not counted twice", async () => {
    const before = await openArea(blocks(100), "com.example.one");
    for (const name of ["ka", "kb"]) await before.write(name, content(5), always);
    const { areas, go } = heldBack();
    const budget = blocks(100, { areas });
    const area = await openArea(budget, "com.example.one");
    expect(await area.write("ka", content(2), always)).toEqual(OK);
    expect(await area.remove("kb")).toBe(true);
    go();
    expect(await area.write("kc", content(1), always)).toEqual(OK);
    expect(budget.heldBytes()).toBe(3 * BLOCK);
  });

  it("an area that is opened while it is being counted is counted once", async () => {
    const before = await openArea(blocks(100), "com.example.one");
    for (const name of ["ka", "kb"]) await before.write(name, content(5), always);
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const budget = blocks(100, {
      async *areas() {
        for await (const { folders, files } of storedAreas(root)) {
          yield {
            folders,
            async *files() {
              begin();
              await gate;
              yield* files();
            },
          };
        }
      },
    });
    await begun;
    const area = await openArea(budget, "com.example.one");
    expect(await area.remove("kb")).toBe(true);
    go();
    expect(await area.write("kc", content(1), always)).toEqual(OK);
    expect(budget.heldBytes()).toBe(6 * BLOCK);
  });

  it("nobody waits for it to stop", async () => {
    const area = await openArea(
      budgetOfTest(root, { areas: () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) }) }),
      "com.example.one",
    );
    const writing = area.write("ka", content(1), always);
    await area.close();
    open.pop();
    expect(await writing).toEqual(noRoom("unmeasured"));
  });

  it("nothing grows where it can't be counted, and it is counted anew after a minute", async () => {
    let now = 0;
    let counts = 0;
    const failures: unknown[] = [];
    const budget = budgetOfTest(root, {
      monotonicMs: () => now,
      onFailure: (error) => failures.push(error),
      async *areas() {
        counts += 1;
        if (counts === 1) throw new Error("EIO");
        yield* storedAreas(root);
      },
    });
    const area = await openArea(budget, "com.example.one");
    now = 59_999;
    for (const name of ["ka", "kb"]) expect(await area.write(name, content(1), always)).toEqual(noRoom("unmeasured"));
    expect([counts, failures.length]).toEqual([1, 1]);
    now = 60_000;
    expect(await area.write("ka", content(1), always)).toEqual(OK);
  });
});

describe("the disk's last room", () => {
  it.each([
    ["bytes", { bytes: 16 * MIB + 2 * BLOCK - 1, files: null }, { bytes: 16 * MIB + 2 * BLOCK, files: null }],
    ["files", { bytes: 100 * MIB, files: 1023 }, { bytes: 100 * MIB, files: 1024 }],
  ])("is not programs': of %s so many stay free, while removing and shrinking go on", async (_of, short, enough) => {
    let free = enough;
    const budget = budgetOfTest(root, { freeSpace: async () => free });
    const area = await openArea(budget, "com.example.one");
    expect(await area.write("ka", content(2), always)).toEqual(OK);
    expect(await area.write("kb", content(2), always)).toEqual(OK);
    free = short;
    expect(await area.write("kc", content(2), always)).toEqual(noRoom("disk"));
    expect(budget.heldBytes()).toBe(4 * BLOCK);
    expect(await area.write("ka", content(1), always)).toEqual(OK);
    expect(await area.remove("kb")).toBe(true);
  });

  it("is not given to two at once", async () => {
    const budget = budgetOfTest(root, { freeSpace: async () => ({ bytes: 16 * MIB + 5 * BLOCK, files: null }) });
    const areas = await Promise.all(["com.example.one", "com.example.two"].map((appId) => openArea(budget, appId)));
    const results = await Promise.all(areas.map((area) => area.write("ka", content(3), always)));
    expect(results.filter(({ ok }) => ok).length).toBeLessThan(2);
    expect(await areas[0]?.write("kb", content(3), always)).toEqual(OK);
  });

  it("counts as used up where nobody can tell it", async () => {
    const failures: unknown[] = [];
    const budget = budgetOfTest(root, {
      freeSpace: () => Promise.reject(new Error("EIO")),
      onFailure: (error) => failures.push(error),
    });
    expect(await (await openArea(budget, "com.example.one")).write("ka", content(1), always)).toEqual(noRoom("disk"));
    expect([failures.length, budget.heldBytes()]).toEqual([1, 0]);
  });
});

it("refusals are told once a minute a program, with how many there were", async () => {
  let now = 0;
  const told: StorageRefusal[] = [];
  const budget = blocks(4, { monotonicMs: () => now, onRefused: (refusal) => told.push(refusal) });
  const [one, other] = [await openArea(budget, "com.example.one"), await openArea(budget, "com.example.other")];
  for (now = 0; now < 120_000; now += 10_000) await one.write("ka", content(2), always);
  await other.write("ka", content(2), always);
  expect(told).toEqual([
    { appId: "com.example.one", reason: "share", refused: 1 },
    { appId: "com.example.one", reason: "share", refused: 6 },
    { appId: "com.example.other", reason: "share", refused: 1 },
  ]);
});
