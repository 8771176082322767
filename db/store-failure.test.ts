import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { AppError, isAppError } from "@/lib/platform/errors";
import { ConnectionFault, OutcomeUnknown } from "./postgres/connection-fault";
import { type NotNow, storeFailure } from "./store-failure";

const coded = (code: string) => Object.assign(new Error(`it said ${code}`), { code });
const queried = (cause: Error) => new DrizzleQueryError("update t set x = $1", ["s3cret"], cause);

const EXAMPLES = {
  outcome_unknown: [new OutcomeUnknown(new ConnectionFault("CONNECTION_LOST", coded("ECONNRESET")))],
  busy: [coded("40001"), coded("40P01"), coded("55P03")],
  took_too_long: [coded("57014"), coded("25P03")],
  read_only: [coded("25006")],
  stopping_or_starting: [coded("57P01"), coded("57P02"), coded("57P03")],
  full: [coded("53100"), coded("53200"), coded("53300")],
  disk_fault: [coded("58030")],
  unreachable: [
    ...["08006", "08001", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE", "EHOSTUNREACH"].map(coded),
    new ConnectionFault("CONNECT_TIMEOUT"),
    new ConnectionFault("ANSWER_TIMEOUT"),
    new ConnectionFault("CONNECTION_LOST"),
    new ConnectionFault("CONNECTION_CUT"),
  ],
} satisfies Record<NotNow, Error[]>;

describe("a failed use of the store", () => {
  const all = Object.entries(EXAMPLES).flatMap(([reason, errors]) => errors.map((error) => ({ reason, error })));
  it.each(all)("is unavailable and to be tried again where it is $reason: $error.code", ({ reason, error }) => {
    for (const raised of [error, queried(error)]) {
      const failure = storeFailure(raised);
      if (!isAppError(failure)) throw new Error(`${reason} is not told`);
      expect(failure.code).toBe("unavailable");
      expect(failure.retryAfterSeconds).toBeGreaterThan(0);
      // For the log alone: which it was, and by which code.
      expect((failure.cause as Error).message).toBe(`${reason} (${error.code})`);
      expect(failure.message).not.toContain(error.code);
    }
  });

  it.each(["23505", "22003", "42P01", "XX000"])("stays what it is where the statement was wrong: %s", (code) => {
    const failure = storeFailure(queried(coded(code)));
    expect(isAppError(failure)).toBe(false);
    expect(failure).toMatchObject({ cause: { code } });
  });

  it("is what our own code raised, wherever in the chain", () => {
    const own = new AppError("conflict", "No.");
    expect(storeFailure(queried(new Error("wrapped", { cause: own })))).toBe(own);
  });
});
