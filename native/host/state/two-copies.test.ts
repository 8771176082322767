import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createMemoryFiles } from "./testing/memory-files";
import { createTwoCopies } from "./two-copies";

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const BITS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80];

/** As the release before wrote it. */
function uncovered(sequence: number, value: string): Uint8Array {
  const sha256 = createHash("sha256").update(value).digest("hex");
  return Buffer.from(`bulkhead-state ${sequence} ${sha256}\n${value}`);
}

describe("a value in two copies", () => {
  it("is the newest whole one, and the damage is told, whatever bit of either copy is flipped", async () => {
    const make = async (isMirrored: boolean) => {
      const files = createMemoryFiles();
      const copies = createTwoCopies(files, "/d/value");
      for (let revision = 1; revision <= 8; revision++) await copies.write(Buffer.from(`{"revision":${revision}}`));
      await copies.mirror();
      await copies.write(Buffer.from('{"revision":9}'));
      if (isMirrored) await copies.mirror();
      return files;
    };
    for (const isMirrored of [true, false]) {
      const files = await make(isMirrored);
      for (const path of ["/d/value.a", "/d/value.b"]) {
        const length = (await files.size(path)) ?? 0;
        const expected = path === "/d/value.a" && !isMirrored ? '{"revision":8}' : '{"revision":9}';
        for (let at = 0; at < length; at++) {
          for (const bit of BITS) {
            const flip = (bytes: Uint8Array) => bytes.map((byte, index) => (index === at ? byte ^ bit : byte));
            files.damage(path, flip);
            const { bytes, damaged } = await createTwoCopies(files, "/d/value").read();
            expect([text(bytes), damaged], `${path}, byte ${at}, bit ${bit}`).toEqual([expected, 1]);
            files.damage(path, flip);
          }
        }
      }
    }
  });

  it("is read as the release before wrote it, by the first copy where both are whole, and replaced", async () => {
    const files = createMemoryFiles();
    await files.write("/d/value.a", uncovered(2, "new"));
    // Its number flipped: nothing vouches for it.
    await files.write("/d/value.b", uncovered(9, "old"));
    const copies = createTwoCopies(files, "/d/value");
    expect(text((await copies.read()).bytes)).toBe("new");
    await copies.mirror();
    for (const path of files.names()) expect(text(await files.read(path))).toMatch(/^bulkhead-state-2 2 /);
    files.damage("/d/value.a", () => new Uint8Array(0));
    expect(text((await createTwoCopies(files, "/d/value").read()).bytes)).toBe("new");
  });

  it("is whole in both copies again after the next mirroring, whichever was damaged", async () => {
    for (const path of ["/d/value.a", "/d/value.b"]) {
      const files = createMemoryFiles();
      const copies = createTwoCopies(files, "/d/value");
      await copies.write(Buffer.from("value"));
      await copies.mirror();
      files.damage(path, (bytes) => bytes.slice(1));
      const reopened = createTwoCopies(files, "/d/value");
      await reopened.read();
      await reopened.mirror();
      expect(await createTwoCopies(files, "/d/value").read()).toMatchObject({ damaged: 0 });
      const before = files.operations;
      await reopened.mirror();
      expect(files.operations).toBe(before);
    }
  });

  it("is read from the other copy where one can't be, and refused aloud where neither can", async () => {
    const files = createMemoryFiles();
    const copies = createTwoCopies(files, "/d/value");
    await copies.write(Buffer.from("value"));
    await copies.mirror();
    const failing = (isFailing: (path: string) => boolean) => ({
      ...files,
      read: (path: string) => (isFailing(path) ? Promise.reject(new Error("bad sector")) : files.read(path)),
    });
    const one = await createTwoCopies(
      failing((path) => path.endsWith(".a")),
      "/d/value",
    ).read();
    expect([text(one.bytes), one.damaged]).toEqual(["value", 1]);
    const none = createTwoCopies(
      failing(() => true),
      "/d/value",
    );
    await expect(none.read()).rejects.toThrow("bad sector");
  });
});
