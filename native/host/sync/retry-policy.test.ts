import { describe, expect, it } from "vitest";
import { backoffMs, nextStep, type Outcome, readRetryAfter } from "./retry-policy";

const status = (code: number, retryAfterSeconds?: number): Outcome => ({
  kind: "status",
  status: code,
  retryAfterSeconds,
});

describe("what follows an outcome", () => {
  it.each([
    [status(400), { step: "discard", reason: "send_error" }],
    [status(409), { step: "discard", reason: "conflict" }],
    [status(413), { step: "split" }],
    [status(415), { step: "discard", reason: "send_error" }],
    [status(422), { step: "discard", reason: "send_error" }],
    [status(403), { step: "retry", afterMs: 3_600_000 }],
    [status(404), { step: "retry", afterMs: 3_600_000 }],
    [status(410), { step: "retry", afterMs: 3_600_000 }],
    [status(429), { step: "retry", afterMs: 60_500 }],
    [status(408, 5), { step: "retry", afterMs: 5500 }],
    [status(425, 99_999), { step: "retry", afterMs: 3_600_500 }],
    [status(500), { step: "retry", afterMs: 2000 }],
    [status(503, 30), { step: "retry", afterMs: 30_000 }],
    [{ kind: "network", reason: "timeout" } as const, { step: "retry", afterMs: 2000 }],
    [{ kind: "network", reason: "tls" } as const, { step: "retry", afterMs: 2000 }],
    [{ kind: "revoked" } as const, { step: "stop" }],
  ])("%j", (outcome, expected) => {
    expect(nextStep(outcome, 3, 0.5)).toEqual(expected);
  });

  it("waits longer each time, at most 15 minutes, and is spread over the whole wait", () => {
    expect([1, 2, 3, 4, 11, 50].map((attempt) => backoffMs(attempt, 1))).toEqual([
      1000, 2000, 4000, 8000, 900_000, 900_000,
    ]);
    expect(backoffMs(11, 0)).toBeLessThan(1000);
  });

  it("reads Retry-After in seconds and as a date, and nothing else", () => {
    const now = Date.UTC(2027, 0, 1);
    expect(readRetryAfter("120", now)).toBe(120);
    expect(readRetryAfter("Fri, 01 Jan 2027 00:01:00 GMT", now)).toBe(60);
    expect(readRetryAfter("Thu, 01 Jan 2026 00:00:00 GMT", now)).toBe(0);
    for (const value of [undefined, "soon", "-1", "1e9"]) expect(readRetryAfter(value, now)).toBeUndefined();
  });
});
