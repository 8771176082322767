import { describe, expect, it } from "vitest";
import { formatBytes } from "./bytes";
import { formatCount, formatMeasure, formatShare, formatTick, plural } from "./count";
import { formatAge, formatDuration } from "./duration";
import { cutMiddle } from "./identifier";
import { formatDay, formatInstant, formatWhen } from "./instant";
import { formatRevision } from "./revision";

describe("numbers", () => {
  it("carry as many digits as matter, and thousands are set apart", () => {
    expect([formatCount(41208), formatMeasure(3.94), formatMeasure(412.3)]).toEqual(["41,208", "3.9", "412"]);
  });
  it("have room beside an axis, however large they are", () => {
    const ticks = [0, 48, 60_000, 2_500_000, 750_000_000_000, Number.MAX_SAFE_INTEGER].map((value) =>
      formatTick(value, formatCount),
    );
    expect(ticks).toEqual(["0", "48", "60,000", "2.5M", "750B", "9007.2T"]);
  });
  it("say shares in percent and counts with their noun", () => {
    expect([formatShare(0.018), plural(1, "change"), plural(3, "change"), plural(2, "entry", "entries")]).toEqual([
      "1.8 %",
      "1 change",
      "3 changes",
      "2 entries",
    ]);
  });
  it("give bytes in the largest unit that keeps them above one", () => {
    expect([0, 1023, 1024, 134217728, 2 ** 40].map(formatBytes)).toEqual([
      "0 B",
      "1,023 B",
      "1 KiB",
      "128 MiB",
      "1 TiB",
    ]);
  });
});

describe("lengths of time", () => {
  it("are in one or two units and never in more", () => {
    const lengths = [412, 1400, 10_000, 42 * 60_000, 5 * 3_600_000, 23 * 3_600_000 + 52 * 60_000, 101 * 3_600_000];
    expect(lengths.map(formatDuration)).toEqual(["412 ms", "1.4 s", "10 s", "42 min", "5 h", "23 h 52 min", "4 d 5 h"]);
  });
  it("tell what was from what will be", () => {
    const nowMs = 1_800_000_000_000;
    expect(formatAge(nowMs - 500, nowMs)).toBe("now");
    expect(formatAge(nowMs - 12_000, nowMs)).toBe("12 s ago");
    expect(formatAge(nowMs + 2 * 3_600_000, nowMs)).toBe("in 2 h");
    expect(formatAge(nowMs - 49 * 3_600_000, nowMs)).toBe("2 d ago");
  });
});

describe("instants", () => {
  const at = "2026-11-17T11:20:41.500Z";
  it("are UTC and say so where they are whole", () => {
    expect(formatInstant(at)).toBe("17 Nov 2026, 11:20:41 UTC");
  });
  it("are the clock of today, and the day before that", () => {
    expect(formatWhen(at, Date.parse("2026-11-17T23:00:00Z"))).toBe("11:20");
    expect(formatWhen(at, Date.parse("2026-11-18T00:00:00Z"))).toBe("17\u00a0Nov 11:20");
  });
  it("name the year where it is another", () => {
    expect(formatDay(at, Date.parse("2027-01-01T00:00:00Z"))).toBe("17\u00a0Nov\u00a02026");
  });
});

describe("ids", () => {
  it("are cut in the middle only where that makes them shorter", () => {
    expect(cutMiddle("dev_8fK12345672Qx")).toBe("dev_8fK1…72Qx");
    expect(cutMiddle("dev_8fK12345")).toBe("dev_8fK12345");
  });
});

describe("revisions", () => {
  it("name their epoch where revisions began anew", () => {
    const positions = [null, { epoch: 1, revision: 57 }, { epoch: 2, revision: 1 }];
    expect(positions.map(formatRevision)).toEqual(["–", "57", "1 of epoch 2"]);
  });
});
