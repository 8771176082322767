import { describe, expect, it } from "vitest";
import { AppError, isAppError } from "@/lib/platform/errors";
import { fromWire, toWire } from "./wire";

const across = (error: unknown) => fromWire(structuredClone(toWire(error)));

describe("an error that crosses to another thread", () => {
  it("of our own is what it was, member by member, with its causes", () => {
    const error = new AppError("unavailable", "Not now.", {
      details: [{ path: "/a", code: "B", message: "c" }],
      extra: { at: 5 },
      retryAfterSeconds: 7,
      isOverload: true,
      cause: new AppError("internal", "Broken.", { cause: new TypeError("deep") }),
    });
    const crossed = across(error);
    expect(isAppError(crossed)).toBe(true);
    expect({ ...crossed }).toEqual({ ...error });
    expect(crossed).toMatchObject({ message: "Not now.", stack: error.stack, cause: { code: "internal" } });
    expect(((crossed.cause as Error).cause as Error).name).toBe("TypeError");
  });

  it("of database or system keeps what is asked of it, and no statement and no value", () => {
    const error = Object.assign(new Error("duplicate key"), {
      code: "23505",
      constraint: "people_pkey",
      severity: "ERROR",
    });
    const crossed = across(Object.assign(error, { query: "insert …", params: ["s3cret"], queryOptions: {} }));
    expect({ ...crossed }).toEqual({ name: "Error", code: "23505", constraint: "people_pkey", severity: "ERROR" });
    expect(JSON.stringify(toWire(error))).not.toContain("s3cret");
  });

  it("is told in words where it is none, and ends where its causes go round", () => {
    expect(across("no")).toMatchObject({ message: "no" });
    const round = new Error("round");
    round.cause = round;
    expect(across(round).message).toBe("round");
  });
});
