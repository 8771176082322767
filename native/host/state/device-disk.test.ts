import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/audit/canonical-json";
import type { Trust } from "../../core/device/state";
import { emptyQueue, type QueueRecord, snapshotOf } from "../../core/telemetry/queue-state";
import { type Enrolment, faultOf, openDeviceDisk } from "./device-disk";
import { type DurableFiles, nodeDurableFiles } from "./durable-files";
import { createMemoryFiles, type MemoryFiles } from "./testing/memory-files";

const enrolment: Enrolment = {
  url: "https://p.test",
  platform: "p",
  rootThumbprints: [`${"r".repeat(42)}A`],
  threshold: 1,
  deviceId: "dev_1",
};
const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex");
const at = (revision: number) => ({ epoch: 1, revision, sha256: "a".repeat(64) });

function trustAt(revision: number): Trust {
  return {
    form: 2,
    keyset: { epoch: 1, revision: 1, jws: "keyset" },
    time: { lastVerifiedIat: 10, mark: 20 },
    platform: { floor: at(revision), good: { ...at(revision), jws: `platform ${revision}`, etag: null } },
    programs: {},
    held: { byPlatform: [], byProgram: [] },
    refusals: [],
  };
}

async function open(files: DurableFiles, options: { reserveBytes?: number; root?: string } = {}) {
  const { reserveBytes = 1, root = "/d" } = options;
  const logged: string[] = [];
  const disk = await openDeviceDisk({
    files,
    directory: join(root, "state"),
    telemetry: join(root, "telemetry"),
    log: (_, name) => logged.push(name),
    ...(options.root === undefined ? { reserveBytes } : {}),
  });
  const storeRevision = (revision: number) => disk.storeTrust(canonicalJson(trustAt(revision)));
  return { disk, logged, storeRevision };
}

const revisionOf = (trust: Trust | undefined) => trust?.platform?.good?.revision;
const event = (number: number): QueueRecord => ({
  kind: "event",
  event: { eventId: `event-${number}`, at: 60, type: "crashed" },
});
const emptySnapshot = () => snapshotOf(emptyQueue());

async function makeEnrolled(files: MemoryFiles) {
  const { disk, storeRevision } = await open(files);
  await disk.storeEnrolment(enrolment);
  await storeRevision(1);
  await storeRevision(2);
  await disk.settle();
}

describe("enrolment and trust on the disk", () => {
  it("are found again after a start", async () => {
    const files = createMemoryFiles();
    const { disk } = await open(files);
    expect([disk.enrolment, disk.durable]).toEqual([undefined, {}]);
    await makeEnrolled(files);
    files.crash("lose");
    const again = await open(files);
    expect(again.disk.enrolment).toEqual(enrolment);
    expect(again.disk.durable).toEqual({ trust: trustAt(2) });
    expect(again.logged).toEqual([]);
  });

  it("are the old ones or the new, whichever operation fails, and the new ones once that was told", async () => {
    const rehearsal = createMemoryFiles();
    await makeEnrolled(rehearsal);
    const rehearsed = await open(rehearsal);
    const before = rehearsal.operations;
    await rehearsed.storeRevision(3);
    await rehearsed.disk.settle();
    const steps = rehearsal.operations - before;
    expect(steps).toBe(6);
    for (let step = 0; step < steps; step++) {
      for (const [how, code] of [
        ["once", "EIO"],
        ["forever", "EIO"],
        ["once", "ENOSPC"],
        ["forever", "ENOSPC"],
      ] as const) {
        for (const crash of ["keep", "lose"] as const) {
          const files = createMemoryFiles();
          await makeEnrolled(files);
          const { disk, storeRevision } = await open(files);
          files.failAt(files.operations + step, how, code);
          const isStored = await storeRevision(3).then(
            () => true,
            () => false,
          );
          await disk.settle();
          files.crash(crash);
          const label = `operation ${step}, ${how}, ${code}, ${crash}`;
          const found = await open(files);
          expect(isStored ? [3] : [2, 3], label).toContain(revisionOf(found.disk.durable.trust));
          expect(found.disk.enrolment, label).toEqual(enrolment);
        }
      }
    }
  });

  it("lose nothing to one flipped byte of any of their files, and the damage is told", async () => {
    const files = createMemoryFiles();
    await makeEnrolled(files);
    const paths = files.names().filter((path) => /\.[ab]$/.test(path));
    expect(paths).toHaveLength(4);
    for (const path of paths) {
      for (const part of [0, 0.2, 0.5, 0.9]) {
        const flip = (bytes: Uint8Array) =>
          bytes.map((byte, index) => (index === Math.floor(part * bytes.length) ? byte ^ 1 : byte));
        files.damage(path, flip);
        const { disk, logged } = await open(files);
        expect([disk.enrolment, disk.durable.trust], path).toEqual([enrolment, trustAt(2)]);
        expect(logged).toEqual(["state_copy_damaged"]);
        files.damage(path, flip);
      }
    }
  });

  it("that nobody can read are told and set aside, never overwritten, and the device is not enrolled", async () => {
    const spoil = (value: string) => async (files: MemoryFiles) => {
      const { disk } = await open(files);
      await disk.storeTrust(value);
      await disk.settle();
    };
    const damage = (name: string) => async (files: MemoryFiles) => {
      for (const copy of ["a", "b"]) files.damage(`/d/state/${name}.${copy}`, (bytes) => bytes.slice(0, -1));
    };
    const lose = (name: string) => async (files: MemoryFiles) => {
      for (const copy of ["a", "b"]) await files.remove(`/d/state/${name}.${copy}`);
    };
    for (const [what, spoilt, told] of [
      ["trust of a form to come", spoil('{"form":3}'), "state_unreadable"],
      ["trust that is no JSON", spoil("{"), "state_unreadable"],
      ["trust damaged twice", damage("trust"), "state_copy_damaged"],
      ["an enrolment damaged twice", damage("enrolment"), "state_copy_damaged"],
      ["trust that is gone", lose("trust"), "state_set_aside"],
    ] as const) {
      const files = createMemoryFiles();
      await makeEnrolled(files);
      await spoilt(files);
      const contents = () =>
        Promise.all(["enrolment.a", "trust.a"].map((name) => files.read(`/d/state/${name}.unreadable-1`)));
      const before = await Promise.all(["enrolment.a", "trust.a"].map((name) => files.read(`/d/state/${name}`)));
      const { disk, logged, storeRevision } = await open(files);
      expect([disk.enrolment, disk.durable], what).toEqual([undefined, {}]);
      expect(logged, what).toEqual(expect.arrayContaining([told, "state_set_aside"]));
      expect(await contents(), what).toEqual(before);
      await disk.storeEnrolment(enrolment);
      await storeRevision(5);
      await disk.settle();
      expect(await contents(), what).toEqual(before);
      expect(revisionOf((await open(files)).disk.durable.trust), what).toBe(5);
    }
  });
});

describe("a folder of the release before", () => {
  const documents = { keyset: "the keyset", platform: "the platform", program: "the program" };
  const former = {
    form: 1,
    enrolment,
    keyset: { epoch: 1, revision: 3, environment: "production", file: sha256Of(documents.keyset) },
    time: { lastVerifiedIat: 10, mark: 20 },
    platform: { floor: at(9), good: { ...at(8), file: sha256Of(documents.platform), etag: '"e"' } },
    programs: {
      "com.example.a": { floor: at(4), good: { ...at(4), file: sha256Of(documents.program) } },
      "com.example.b": { floor: at(6), good: null },
    },
    held: { byPlatform: ["com.b", "com.a", "\u{10000}", "\uffff"], byProgram: ["z", "y"] },
    refusals: ["b".repeat(64)],
  };
  const upgraded: Trust = {
    form: 2,
    keyset: { epoch: 1, revision: 3, jws: documents.keyset },
    time: former.time,
    platform: { floor: at(9), good: { ...at(8), jws: documents.platform, etag: '"e"' } },
    programs: {
      "com.example.a": { floor: at(4), good: { ...at(4), jws: documents.program, etag: null } },
      "com.example.b": { floor: at(6), good: null },
    },
    held: { byPlatform: ["com.a", "com.b", "\uffff", "\u{10000}"], byProgram: ["y", "z"] },
    refusals: former.refusals,
  };

  async function makeFormer(): Promise<MemoryFiles> {
    const files = createMemoryFiles();
    const text = JSON.stringify(former);
    for (const copy of ["a", "b"]) {
      await files.write(`/d/state/trust.${copy}`, Buffer.from(`bulkhead-state 7 ${sha256Of(text)}\n${text}`));
      for (const document of Object.values(documents)) {
        await files.write(`/d/state/documents/${sha256Of(document)}.${copy}`, Buffer.from(document));
      }
    }
    for (const folder of ["/d/state", "/d/state/documents"]) await files.syncDirectory(folder);
    return files;
  }

  it("is taken over with the same enrolment, floors and documents, and replaced at the first write", async () => {
    const files = await makeFormer();
    const before = files.names();
    const { disk, logged } = await open(files);
    expect(disk.enrolment).toEqual(enrolment);
    expect(disk.durable).toEqual({ trust: upgraded });
    expect(logged).toEqual([]);
    expect(files.names()).toEqual(expect.arrayContaining([...before]));
    await disk.storeTrust(canonicalJson(upgraded));
    await disk.settle();
    expect([...files.names()].sort()).toEqual(
      ["enrolment.a", "enrolment.b", "reserve", "trust.a", "trust.b"].map((name) => `/d/state/${name}`),
    );
    const again = await open(files);
    expect([again.disk.enrolment, again.disk.durable]).toEqual([enrolment, { trust: upgraded }]);
  });

  it("is whole wherever the power goes or a write fails meanwhile", async () => {
    const rehearsal = await makeFormer();
    const rehearsed = await open(rehearsal);
    const before = rehearsal.operations;
    await rehearsed.disk.storeTrust(canonicalJson(upgraded));
    await rehearsed.disk.settle();
    const steps = rehearsal.operations - before;
    expect(steps).toBe(4 * 3 + 6);
    for (let step = 0; step < steps; step++) {
      for (const how of ["once", "forever"] as const) {
        for (const crash of ["keep", "lose"] as const) {
          const files = await makeFormer();
          const { disk } = await open(files);
          files.failAt(files.operations + step, how, "EIO");
          await disk.storeTrust(canonicalJson(upgraded)).catch(() => undefined);
          await disk.settle();
          files.crash(crash);
          const label = `operation ${step}, ${how}, ${crash}`;
          const cut = await open(files);
          expect([cut.disk.enrolment, cut.disk.durable], label).toEqual([enrolment, { trust: upgraded }]);
          await cut.disk.storeTrust(canonicalJson(upgraded));
          await cut.disk.settle();
          expect(
            files.names().filter((path) => path.includes("documents")),
            label,
          ).toEqual([]);
        }
      }
    }
  });

  it("keeps what is enrolled anew before the record is replaced", async () => {
    const files = await makeFormer();
    const { disk } = await open(files);
    await disk.storeEnrolment({ ...enrolment, deviceId: "dev_2" });
    await disk.settle();
    const again = await open(files);
    expect(again.disk.enrolment?.deviceId).toBe("dev_2");
    expect(again.disk.durable).toEqual({ trust: upgraded });
  });

  it("keeps the floor of a document that nobody can read, and says so", async () => {
    const files = await makeFormer();
    for (const copy of ["a", "b"])
      files.damage(`/d/state/documents/${sha256Of("the program")}.${copy}`, () => Buffer.from("no"));
    files.damage(`/d/state/documents/${sha256Of("the platform")}.a`, () => new Uint8Array(0));
    const { disk, logged } = await open(files);
    expect(disk.durable.trust).toEqual({
      ...upgraded,
      programs: { ...upgraded.programs, "com.example.a": { floor: at(4), good: null } },
    });
    expect(logged).toEqual(["state_copy_damaged", "state_document_lost", "state_copy_damaged"]);
  });
});

describe("the reserve", () => {
  const reserveBytes = 10_000;
  const held = (files: MemoryFiles) => files.size("/d/state/reserve");

  it("is there from the start, twice what trust takes where that is more, and cannot be stored in less", async () => {
    const files = createMemoryFiles();
    const { disk } = await open(files, { reserveBytes });
    expect(await held(files)).toBe(reserveBytes);
    expect(new Set(await files.read("/d/state/reserve")).size).toBe(256);
    await disk.storeTrust("x".repeat(8_000));
    await disk.settle();
    expect(await held(files)).toBe(16_000);
  });

  it("makes room for each store on a full disk, half of it for the queue, and is taken again", async () => {
    const files = createMemoryFiles();
    const { disk, logged, storeRevision } = await open(files, { reserveBytes });
    files.fill(files.used);
    await disk.appendQueue([event(1)], emptySnapshot);
    await disk.settle();
    expect(await held(files)).toBe(reserveBytes / 2);
    await disk.storeEnrolment(enrolment);
    await disk.settle();
    await storeRevision(1);
    await disk.settle();
    expect(logged.filter((name) => name === "reserve_given_up").length).toBeGreaterThanOrEqual(2);
    expect(logged.filter((name) => name === "reserve_incomplete")).toHaveLength(1);
    expect(logged).not.toContain("state_mirror_failed");
    files.fill(Number.POSITIVE_INFINITY);
    await storeRevision(2);
    await disk.settle();
    expect(await held(files)).toBe(reserveBytes);
    files.crash("lose");
    const again = await open(files, { reserveBytes });
    expect([again.disk.enrolment, again.disk.durable.trust]).toEqual([enrolment, trustAt(2)]);
    expect(again.disk.durable.queue).toEqual(emptySnapshot());
  });

  it("makes room for a second copy too", async () => {
    const files = createMemoryFiles();
    const { disk, logged } = await open(files, { reserveBytes });
    const oneCopy = JSON.stringify(enrolment).length + 100;
    files.fill(files.used + oneCopy);
    await disk.storeEnrolment(enrolment);
    await disk.settle();
    expect(logged).toContain("reserve_given_up");
    expect(files.names()).toEqual(expect.arrayContaining(["/d/state/enrolment.a", "/d/state/enrolment.b"]));
  });

  it("leaves half a line of the queue nowhere: what is tried again begins where it began", async () => {
    const files = createMemoryFiles();
    const { disk } = await open(files, { reserveBytes });
    await disk.appendQueue([], emptySnapshot);
    await disk.settle();
    files.fill(files.used + 50);
    await disk.appendQueue([event(1), event(2)], emptySnapshot);
    await disk.settle();
    const { disk: again, logged } = await open(files, { reserveBytes });
    expect(again.durable.queue?.events).toHaveLength(2);
    expect(logged.filter((name) => name !== "reserve_incomplete")).toEqual([]);
  });

  it("that can't be had costs no store, and a store that it can't help rejects with the disk's error", async () => {
    const files = createMemoryFiles();
    files.fill(3_000);
    const { disk, logged, storeRevision } = await open(files, { reserveBytes });
    expect(logged).toEqual(["reserve_incomplete"]);
    await disk.storeEnrolment(enrolment);
    await storeRevision(1);
    const refused = await disk.storeTrust("x".repeat(4_000)).then(
      () => undefined,
      (error: unknown) => faultOf(error),
    );
    expect(refused).toBe("full");
    await disk.settle();
    expect(revisionOf((await open(files)).disk.durable.trust)).toBe(1);
  });
});

it("faults are told apart by the system's code", () => {
  const faults = ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO"].map((code) =>
    faultOf(Object.assign(new Error("no"), { code })),
  );
  expect(faults).toEqual(["full", "full", "readonly", "readonly", "readonly", "io"]);
  expect([faultOf(new Error("no")), faultOf("no")]).toEqual(["io", "io"]);
});

/** A file system of so many MiB, or why there can be none. */
function mountSmallDisk(sizeMiB: number): { path: string; free(): void } | string {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "a small file system needs root on Linux";
  const path = mkdtempSync(join(tmpdir(), "bulkhead-small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=0700`, "tmpfs", path]);
  if (mounted.status === 0) {
    return {
      path,
      free() {
        spawnSync("umount", ["--lazy", path]);
        rmSync(path, { recursive: true, force: true });
      },
    };
  }
  rmSync(path, { recursive: true, force: true });
  return `no small file system can be mounted: ${mounted.stderr}`.trim();
}

it("a disk that is full to the brim takes trust and queue all the same", async ({ skip }) => {
  const smallDisk = mountSmallDisk(24);
  if (typeof smallDisk === "string") {
    process.stderr.write(`skipped: the full disk of a device: ${smallDisk}\n`);
    return skip(smallDisk);
  }
  const { path: root, free } = smallDisk;
  try {
    const { disk, logged, storeRevision } = await open(nodeDurableFiles, { root });
    await disk.storeEnrolment(enrolment);
    await storeRevision(1);
    await disk.settle();
    const freeBytes = () => {
      const { bavail, bsize } = statfsSync(root);
      return bavail * bsize;
    };
    const fill = () => {
      while (freeBytes() > 0) appendFileSync(join(root, "filler"), Buffer.alloc(Math.min(freeBytes(), 1024 * 1024)));
    };
    fill();
    await disk.appendQueue([event(1)], () => snapshotOf(emptyQueue()));
    await disk.settle();
    fill();
    await storeRevision(2);
    await disk.settle();
    fill();
    await disk.appendQueue([event(2)], () => snapshotOf(emptyQueue()));
    await disk.settle();
    expect(logged).toContain("reserve_given_up");
    expect(logged).not.toContain("state_mirror_failed");
    const again = await open(nodeDurableFiles, { root });
    expect([again.disk.enrolment, again.disk.durable.trust]).toEqual([enrolment, trustAt(2)]);
    expect(again.disk.durable.queue?.events.map(({ eventId }) => eventId)).toEqual(["event-2"]);
  } finally {
    free();
  }
});
