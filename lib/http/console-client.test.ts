import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { callConsole, isConsoleError } from "./console-client";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status, headers }));

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  return isConsoleError(error) ? { code: error.code, requestId: error.requestId, details: error.details } : error;
};

afterEach(() => vi.unstubAllGlobals());

describe("a call of the console's API", () => {
  it("answers with what the shape accepts and nothing beside it", async () => {
    answer(200, { name: "Harbor", secret: "x" });
    expect(await callConsole("session", z.object({ name: z.string() }))).toEqual({ name: "Harbor" });
  });

  it("raises the code, the details and the request id of the error body", async () => {
    const details = [{ path: "/reason", code: "TOO_SHORT", message: "At least 3 characters." }];
    answer(400, { requestId: "req_1", error: { code: "invalid_input", message: "No.", details } });
    expect(await refusalOf(callConsole("x", z.unknown()))).toEqual({
      code: "invalid_input",
      requestId: "req_1",
      details,
    });
  });

  it("tells an answer of another shape from a refusal", async () => {
    answer(200, { name: 4 }, { "x-request-id": "req_2" });
    const unreadable = { code: "unreadable", requestId: "req_2", details: [] };
    expect(await refusalOf(callConsole("x", z.object({ name: z.string() })))).toEqual(unreadable);
    answer(502, "<html>");
    expect(await refusalOf(callConsole("x", z.unknown()))).toMatchObject({ code: "unreadable" });
  });

  it("says that no answer came where none came", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("fetch failed");
    });
    expect(await refusalOf(callConsole("x", z.unknown()))).toMatchObject({ code: "unreachable", requestId: null });
  });

  it("leaves out of the address what is not set", async () => {
    const seen: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      seen.push(url);
      return new Response("{}");
    });
    await callConsole("programs", z.unknown(), { query: { q: "", status: undefined, cursor: null, range: "24h" } });
    expect(seen).toEqual(["/api/console/v1/programs?range=24h"]);
  });
});
