import { describe, expect, it } from "vitest";
import { gatherReadings } from "./gathered-reading";

describe("what is asked within a moment", () => {
  it("is answered by one reading, with each name once", async () => {
    const readings: (readonly string[])[] = [];
    const ask = gatherReadings(async (keys) => readings.push(keys));
    expect(await Promise.all([ask(["a"]), ask([]), ask(["b"]), ask(["a"])])).toEqual([1, 1, 1, 1]);
    expect(readings).toEqual([["a", "b"]]);
  });

  it("is never answered by a reading that had begun before", async () => {
    let count = 0;
    let finish: () => void = () => undefined;
    let second: Promise<number> | undefined;
    const ask = gatherReadings<number>(async () => {
      count += 1;
      const own = count;
      if (own > 1) return own;
      second = ask(["b"]);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return own;
    });
    const first = ask(["a"]);
    await expect.poll(() => count).toBe(2);
    finish();
    expect([await first, await second]).toEqual([1, 2]);
  });

  it("fails for all who asked where the reading does, and the next one is tried", async () => {
    let isBroken = true;
    const ask = gatherReadings(async () => {
      if (isBroken) throw new Error("unreachable");
      return "read";
    });
    const failed = await Promise.allSettled([ask(["a"]), ask([])]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isBroken = false;
    expect(await ask(["a"])).toBe("read");
  });
});
