import { describe, expect, it } from "vitest";
import { documentFileOf, openDeviceStore } from "./device-store";
import { createMemoryFiles, type MemoryFiles } from "./testing/memory-files";
import { newTrustRecord, type TrustRecord } from "./trust-record";

const log = () => undefined;
const enrolment = {
  url: "https://p.test",
  platform: "p",
  rootThumbprints: [`${"r".repeat(42)}A`],
  threshold: 1,
  deviceId: "dev_1",
};
const open = (files: MemoryFiles) => openDeviceStore({ files, directory: "/d", log });

const documentOf = (revision: number) => Buffer.from(`document ${revision}`);

function recordAt(revision: number): TrustRecord {
  const position = { epoch: 1, revision, sha256: "a".repeat(64) };
  return {
    ...newTrustRecord(enrolment),
    platform: { floor: position, good: { ...position, file: documentFileOf(documentOf(revision)) } },
  };
}

async function stateOf(files: MemoryFiles) {
  const store = await open(files);
  const good = store.record?.platform?.good;
  const bytes = good ? await store.readDocument(good.file) : undefined;
  return { revision: good?.revision, document: bytes && Buffer.from(bytes).toString() };
}

describe("the device's durable state", () => {
  it("is found again after a start, with the bytes as they were received", async () => {
    const files = createMemoryFiles();
    const store = await open(files);
    expect(store.record).toBeUndefined();
    await store.commit(recordAt(1), [documentOf(1)]);
    await store.settle();
    files.crash("lose");
    expect(await stateOf(files)).toEqual({ revision: 1, document: "document 1" });
  });

  it("is the old state or the new, whichever write fails and whether or not unsynced names last", async () => {
    const rehearsal = createMemoryFiles();
    const rehearsed = await open(rehearsal);
    await rehearsed.commit(recordAt(1), [documentOf(1)]);
    await rehearsed.settle();
    const before = rehearsal.operations;
    await rehearsed.commit(recordAt(2), [documentOf(2)]);
    await rehearsed.settle();
    const steps = rehearsal.operations - before;
    expect(steps).toBeGreaterThan(8);

    for (let step = 0; step < steps; step++) {
      for (const how of ["keep", "lose"] as const) {
        const files = createMemoryFiles();
        const store = await open(files);
        await store.commit(recordAt(1), [documentOf(1)]);
        await store.settle();
        files.failAt(files.operations + step, "forever");
        const isAcknowledged = await store.commit(recordAt(2), [documentOf(2)]).then(
          () => true,
          () => false,
        );
        await store.settle();
        files.crash(how);
        const found = await stateOf(files);
        expect([1, 2], `step ${step}, ${how}`).toContain(found.revision);
        expect(found.document, `step ${step}, ${how}`).toBe(`document ${found.revision}`);
        if (isAcknowledged) expect(found.revision, `step ${step}, ${how}`).toBe(2);
      }
    }
  });

  it("goes on with the last good state while the disk is full, and takes the next one when there is room", async () => {
    const files = createMemoryFiles();
    const store = await open(files);
    await store.commit(recordAt(1), [documentOf(1)]);
    await store.settle();
    files.failAt(files.operations, "forever");
    await expect(store.commit(recordAt(2), [documentOf(2)])).rejects.toThrow("no space");
    expect(store.record?.platform?.good?.revision).toBe(1);
    files.heal();
    await store.commit(recordAt(3), [documentOf(3)]);
    await store.settle();
    expect(await stateOf(files)).toEqual({ revision: 3, document: "document 3" });
  });

  it("survives one flipped byte and one cut-off file in any of its files", async () => {
    const make = async () => {
      const files = createMemoryFiles();
      const store = await open(files);
      await store.commit(recordAt(1), [documentOf(1)]);
      await store.commit(recordAt(2), [documentOf(2)]);
      await store.settle();
      return files;
    };
    const names = (await make()).names();
    expect(names).toHaveLength(4);
    for (const name of names) {
      for (const change of [
        (bytes: Uint8Array) => bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)),
        (bytes: Uint8Array) => bytes.slice(0, bytes.length - 3),
        () => new Uint8Array(0),
      ]) {
        const files = await make();
        files.damage(name, change);
        expect(await stateOf(files), name).toEqual({ revision: 2, document: "document 2" });
      }
    }
  });

  it("keeps no document that nothing names any more", async () => {
    const files = createMemoryFiles();
    const store = await open(files);
    for (let revision = 1; revision <= 5; revision++) await store.commit(recordAt(revision), [documentOf(revision)]);
    await store.settle();
    expect(files.names()).toHaveLength(4);
  });
});
