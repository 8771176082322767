import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENTRIES_MAX, openStorageArea, type StorageArea, shareStorageArea } from "./program-storage";
import { type OpenStorageFolder, openStorageFolder, readValue } from "./storage-folder";
import type { StoredFile } from "./stored-areas";
import { budgetOfTest } from "./testing/budget-of-test";

let root: string;
const open: StorageArea[] = [];
const FOLDERS = ["com.example.one", "ume", "storage"];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);
const always = (): boolean => true;

const place = (folders: readonly string[] = FOLDERS, openFolder = openStorageFolder) => ({
  ...{ openFolder, root, folders, onFailure: () => undefined },
  budget: budgetOfTest(root),
});

async function openArea(...given: Parameters<typeof place>): Promise<StorageArea> {
  const area = await openStorageArea(place(...given));
  open.push(area);
  return area;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bulkhead-storage-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((area) => area.close()));
  await rm(root, { recursive: true, force: true });
});

describe("a program's storage", () => {
  it("keeps what was written for the next start", async () => {
    await (await openArea()).write("ka", bytes("value"), always);
    const again = await openArea();
    expect(text(await readValue(await again.open("ka")))).toBe("value");
    expect(await again.names()).toEqual(["ka"]);
    expect(again.usedBytes()).toBe("value".length + "ka".length);
  });

  it("keeps programs, users and areas apart", async () => {
    await (await openArea()).write("ka", bytes("mine"), always);
    for (const other of [
      ["com.example.two", "ume", "storage"],
      ["com.example.one", "uother", "storage"],
      ["com.example.one", "ume", "cache"],
    ]) {
      expect(await readValue(await (await openArea(other)).open("ka"))).toBeUndefined();
    }
  });

  it("refuses what would exceed the quota and keeps the old value", async () => {
    const area = await openArea();
    const admit = (size: number): boolean => size <= 20;
    expect(await area.write("ka", bytes("0123456789"), admit)).toEqual({ ok: true });
    expect(await area.write("kb", bytes("0123456789"), admit)).toEqual({ ok: false, reason: "quota" });
    expect(await area.write("ka", bytes("012345678901234567"), admit)).toEqual({ ok: true });
    expect(await area.write("ka", bytes("0123456789012345678"), admit)).toMatchObject({ ok: false });
    expect(text(await readValue(await area.open("ka")))).toBe("012345678901234567");
  });

  it("counts writes that were asked for at once one after another", async () => {
    const area = await openArea();
    const admit = (size: number): boolean => size <= 30;
    const results = await Promise.all(
      ["ka", "kb", "kc", "kd"].map((name) => area.write(name, bytes("12345678"), admit)),
    );
    expect(results.map((result) => result.ok)).toEqual([true, true, true, false]);
    expect(area.usedBytes()).toBe(30);
  });

  it("gives room back when a value is removed", async () => {
    const area = await openArea();
    await area.write("ka", bytes("12345678"), always);
    expect(await area.remove("ka")).toBe(true);
    expect(await area.remove("ka")).toBe(false);
    expect(area.usedBytes()).toBe(0);
  });

  it("lets two handles of one folder share one count", async () => {
    const one = await shareStorageArea(place());
    const other = await shareStorageArea(place());
    await Promise.all([one.write("ka", bytes("one"), always), other.write("kb", bytes("other"), always)]);
    expect(one.usedBytes()).toBe(other.usedBytes());
    await one.close();
    expect(text(await readValue(await other.open("ka")))).toBe("one");
    await other.close();
  });

  it("does not take empty values for free", async () => {
    const files: StoredFile[] = [];
    for (let index = 0; index < ENTRIES_MAX; index += 1) files.push({ name: `k${index}`, sizeBytes: 0 });
    const full: OpenStorageFolder = async (...args) => ({
      ...(await openStorageFolder(...args)),
      list: async () => files,
    });
    const area = await openArea(FOLDERS, full);
    expect(area.usedBytes()).toBeGreaterThan(ENTRIES_MAX);
    expect(await area.write("knew", bytes(""), always)).toEqual({ ok: false, reason: "too_many_entries" });
  });
});

describe("a write that fails", () => {
  it("leaves the old value, no rest and an unchanged count, wherever it failed", async () => {
    const area = await openArea();
    await area.write("ka", bytes("old"), always);
    // the file system is full: the temporary file can't even be made
    await mkdir(join(root, ...FOLDERS, ".1"));
    const failures: unknown[] = [];
    const again = await openStorageArea({
      ...place(),
      root: await mkdtemp(join(tmpdir(), "bulkhead-storage-")),
      async openFolder(...args) {
        const folder = await openStorageFolder(...args);
        return { ...folder, replace: () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })) };
      },
      onFailure: (error) => failures.push(error),
    });
    open.push(again);
    expect(await again.write("kb", bytes("new"), always)).toEqual({ ok: false, reason: "failed" });
    expect(again.usedBytes()).toBe(0);
    expect(failures).toHaveLength(1);
    expect(text(await readValue(await area.open("ka")))).toBe("old");
  });

  it("is forgotten when the process ended in the middle of it", async () => {
    await (await openArea()).write("ka", bytes("old"), always);
    const folder = join(root, ...FOLDERS);
    await writeFile(join(folder, ".1"), "half of a new val");
    const again = await openArea();
    expect(await again.names()).toEqual(["ka"]);
    expect(await readdir(folder)).toEqual(["ka"]);
  });
});

describe("links", () => {
  it("are not walked on the way to a program's folder", async () => {
    const outside = await mkdtemp(join(tmpdir(), "bulkhead-outside-"));
    await symlink(outside, join(root, "com.example.one"));
    await expect(openArea()).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOTDIR|ELOOP)$/) });
    expect(await readdir(outside)).toEqual([]);
    await rm(outside, { recursive: true });
  });

  it("put in place of a folder later lead nowhere", async () => {
    const area = await openArea();
    await area.write("ka", bytes("mine"), always);
    const outside = await mkdtemp(join(tmpdir(), "bulkhead-outside-"));
    await rm(join(root, "com.example.one"), { recursive: true });
    await symlink(outside, join(root, "com.example.one"));
    expect(await area.write("kb", bytes("x"), always)).toMatchObject({ ok: false, reason: "failed" });
    expect(await readdir(outside)).toEqual([]);
    await rm(outside, { recursive: true });
  });

  it("put in place of a value are neither read nor written through", async () => {
    const area = await openArea();
    const secret = join(root, "secret");
    await writeFile(secret, "secret");
    await symlink(secret, join(root, ...FOLDERS, "ka"));
    await expect(area.open("ka")).rejects.toMatchObject({ code: "ELOOP" });
    await area.write("ka", bytes("mine"), always);
    expect(await readFile(secret, "utf8")).toBe("secret");
    expect(text(await readValue(await area.open("ka")))).toBe("mine");
  });
});
