import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ConsoleError, callConsole, formProblems, isConsoleError } from "./console-client";
import { addressed } from "./route-address";
import { describeRoute } from "./route-description";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status, headers }));

const base = { actor: "person", permission: "signed-in", summary: "", maxBytes: 0, refusals: [] } as const;
const none = z.object({});
const query = z.object({ q: z.string().optional(), status: z.string().optional(), range: z.string() });
const path = "/api/console/v1/things/{id}/at/{at}";
const params = z.object({ id: z.string(), at: z.coerce.number() });
const DESCRIBED = {
  read: describeRoute({ ...base, method: "GET", path: "/api/console/v1/x", output: z.object({ name: z.string() }) }),
  list: describeRoute({ ...base, method: "GET", path: "/api/console/v1/x", input: { query }, output: none }),
  write: describeRoute({ ...base, method: "POST", path, input: { params, body: query }, output: none }),
  act: describeRoute({ ...base, method: "POST", path: "/api/console/v1/x", input: { body: none }, output: none }),
  end: describeRoute({ ...base, method: "DELETE", path: "/api/console/v1/x", output: none }),
};
const { read, list, write, act, end } = addressed<typeof DESCRIBED>({
  read: "GET /api/console/v1/x",
  list: "GET /api/console/v1/x",
  write: "POST /api/console/v1/things/{id}/at/{at}",
  act: "POST /api/console/v1/x",
  end: "DELETE /api/console/v1/x",
});

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  return isConsoleError(error)
    ? { code: error.code, requestId: error.requestId, details: error.details, help: error.help }
    : error;
};

afterEach(() => vi.unstubAllGlobals());

describe("a call of the console's API", () => {
  it("answers with what the server answered", async () => {
    answer(200, { name: "Harbor" });
    expect(await callConsole(read)).toEqual({ name: "Harbor" });
  });

  it("raises the code, the details and the request id of the error body", async () => {
    const details = [{ path: "/reason", code: "TOO_SHORT", message: "At least 3 characters." }];
    answer(400, {
      requestId: "req_1",
      error: { code: "invalid_input", message: "No.", details, help: "errors/invalid_input" },
    });
    expect(await refusalOf(callConsole(read))).toEqual({
      ...{ code: "invalid_input", requestId: "req_1", details },
      help: "errors/invalid_input",
    });
  });

  it.each(["https://evil.example", "/evil.example", "errors/../people", "errors/", 7])(
    "takes no help that is no page of codes: %s",
    async (help) => {
      answer(400, { error: { code: "invalid_input", message: "No.", help } });
      expect(await refusalOf(callConsole(read))).toMatchObject({ code: "invalid_input", help: null });
    },
  );

  it("tells an answer that is none of the console's from a refusal", async () => {
    answer(200, ["Harbor"], { "x-request-id": "req_2" });
    const unreadable = { code: "unreadable", requestId: "req_2", details: [], help: null };
    expect(await refusalOf(callConsole(read))).toEqual(unreadable);
    for (const body of ["<html>", null, { error: "no" }, { error: { code: 4, message: "No." } }]) {
      answer(502, body);
      expect(await refusalOf(callConsole(read))).toMatchObject({ code: "unreadable" });
    }
  });

  it("says that no answer came where none came", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("fetch failed");
    });
    expect(await refusalOf(callConsole(read))).toMatchObject({ code: "unreachable", requestId: null });
  });

  it("goes where the route lies, by its method, with every parameter in its place and nothing that is not set", async () => {
    const seen: unknown[] = [];
    vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit) => {
      seen.push([method, url, body]);
      return new Response("{}");
    });
    await callConsole(list, { query: { q: "", status: undefined, range: "24h" } });
    await callConsole(write, { params: { id: "a/../b?c", at: 7 }, body: { range: "24h" } });
    await callConsole(end);
    expect(seen).toEqual([
      ["GET", "/api/console/v1/x?range=24h", undefined],
      ["POST", "/api/console/v1/things/a%2F..%2Fb%3Fc/at/7", '{"range":"24h"}'],
      ["DELETE", "/api/console/v1/x", undefined],
    ]);
  });

  it("sends an empty body where the route takes one and nothing is asked, and reads an answer without content", async () => {
    const seen: unknown[] = [];
    vi.stubGlobal("fetch", async (_: string, { body }: RequestInit) => {
      seen.push(body);
      return new Response(null, { status: 204 });
    });
    expect(await callConsole(act)).toEqual({});
    expect(seen).toEqual(["{}"]);
  });
});

describe("what is wrong in a form", () => {
  const refused = (...details: [path: string, message: string][]) =>
    new ConsoleError(
      "invalid_input",
      "Refused.",
      "req_1",
      details.map(([path, message]) => ({ path, code: "X", message })),
    );

  it("stands at its field, whichever door named it", () => {
    for (const path of ["/email", "/body/email", "person:per_1/email"]) {
      expect(formProblems(refused([path, "Taken."]), ["name", "email"])).toEqual({
        at: { email: "Taken." },
        rest: null,
      });
    }
  });

  it("is said above the buttons where it belongs to no field, and no part of it is dropped", () => {
    expect(formProblems(refused(["/email", "Taken."], ["platform", "Too large."]), ["email"])).toEqual({
      at: { email: "Taken." },
      rest: "Refused. Too large.",
    });
    expect(formProblems(refused(), ["email"])).toEqual({ at: {}, rest: "Refused." });
    expect(formProblems(new Error("No answer."), ["email"])).toEqual({ at: {}, rest: "No answer." });
    expect(formProblems(refused(["/email", "One."], ["/email", "Two."]), ["email"]).at).toEqual({ email: "One. Two." });
  });

  it("is nothing where nothing was refused", () => {
    expect(formProblems(null, ["email"])).toEqual({ at: {}, rest: null });
  });
});
