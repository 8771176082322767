import { describe, expect, it } from "vitest";
import { describeReporting } from "./reporting-words";

const NOW = Date.UTC(2026, 0, 5);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
const say = (more: { presentSeconds?: number; isLive?: boolean }, newestAt?: string | null) =>
  describeReporting({ documentSeconds: 60, presentSeconds: 60, isLive: false, ...more }, newestAt, NOW).text;

describe("how fresh a page says its numbers are", () => {
  it("is live only while somebody looks and devices answer", () => {
    expect(say({ isLive: true }, ago(3))).toBe("Reports live");
    expect(say({ isLive: true })).toBe("Reports live");
    expect(say({ isLive: true }, ago(16))).toBe("Devices report every 60 s; asked to report now");
    expect(say({ isLive: true }, null)).toBe("Devices report every 60 s; asked to report now");
    expect(say({}, ago(3))).toBe("Devices report every 60 s");
  });

  it("is what load made of it wherever load wins, live or not", () => {
    const words = "Devices report every 240 s at present (load)";
    expect(say({ presentSeconds: 240 })).toBe(words);
    expect(say({ presentSeconds: 240, isLive: true }, ago(1))).toBe(words);
  });
});
