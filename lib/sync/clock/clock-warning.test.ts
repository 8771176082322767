import { describe, expect, it } from "vitest";
import { clockWarning } from "./clock-warning";

const NOW = Date.parse("2026-03-01T12:00:00Z") / 1000;

describe("a clock behind the newest document", () => {
  it("is told of as soon as devices would refuse what was signed, with both times", () => {
    expect(clockWarning({ issuedAtSeconds: NOW + 300 }, NOW)).toBeNull();
    const said = clockWarning({ issuedAtSeconds: NOW + 25 * 3600 }, NOW);
    expect(said).toContain("2026-03-01T12:00:00.000Z");
    expect(said).toContain("2026-03-02T13:00:00.000Z");
    expect(clockWarning({ issuedAtSeconds: NOW + 301 }, NOW)).not.toBeNull();
  });

  it("is no matter where it is ahead, or nothing was signed", () => {
    expect(clockWarning({ issuedAtSeconds: NOW - 1 }, NOW)).toBeNull();
    expect(clockWarning(null, NOW)).toBeNull();
  });
});
