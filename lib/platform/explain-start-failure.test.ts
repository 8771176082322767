import { describe, expect, it } from "vitest";
import { AppError } from "./errors";
import { explainStartFailure } from "./explain-start-failure";

const system = (code: string, more: Record<string, unknown> = {}) =>
  Object.assign(new Error(`${code}: it failed`), { code, ...more });
const binding = (code: string) =>
  new AppError("unavailable", "Port 80 on 127.0.0.1 can't be bound.", {
    cause: system(code),
    details: [{ path: "/port", code, message: "" }],
  });
const postgres = (code: string, message: string) =>
  Object.assign(new Error(message), { code, severity: "FATAL", name: "PostgresError" });

describe("what kept a process from starting", () => {
  it.each([
    ["a port that is taken", binding("EADDRINUSE"), "port_in_use"],
    ["a port for root alone", binding("EACCES"), "port_not_allowed"],
    ["a folder of somebody else", system("EACCES", { path: "/data", syscall: "mkdir" }), "path_not_usable"],
    ["a Postgres that is away", system("ECONNREFUSED"), "postgres_unreachable"],
    ["a wrong password", postgres("28P01", "password authentication failed"), "postgres_sign_in"],
    ["a database that is not there", postgres("3D000", 'database "x" does not exist'), "postgres_no_database"],
    ["rights that are missing", postgres("42501", "permission denied for schema public"), "postgres_no_rights"],
    ["a full disk", system("ENOSPC", { path: "/data/x" }), "disk_full"],
  ])("names %s, with a remedy", (_, error, code) => {
    const failure = explainStartFailure(new Error("A statement failed", { cause: error }));
    expect(failure.code).toBe(code);
    expect(failure.remedy).not.toBe("");
    expect(failure.message).toContain(error.message.replace(/\.$/, ""));
  });

  it("never repeats a password or the values of a statement", () => {
    const error = new Error('select $1\nparams: hunter2-hash {"deep":"value"}', {
      cause: new Error("cannot connect to postgres://bulkhead:hunter2@hunter2@db.example:5432/x"),
    });
    const failure = explainStartFailure(error);
    expect(JSON.stringify(failure)).not.toContain("hunter2");
    expect(failure.message).toContain("db.example");
  });

  it("tells the chain of causes as one sentence, each once", () => {
    const error = new AppError("unavailable", "The store cannot be reached.", {
      cause: new Error("A statement failed: select 1", { cause: system("ECONNREFUSED") }),
    });
    expect(explainStartFailure(error).message).toBe(
      "The store cannot be reached: A statement failed: select 1: ECONNREFUSED: it failed",
    );
  });

  it("tells of what nobody foresaw where it happened", () => {
    const failure = explainStartFailure(new TypeError("x is not a function"));
    expect(failure.code).toBe("internal");
    expect(failure.stack.length).toBeGreaterThan(0);
  });
});
