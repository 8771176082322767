import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "@/lib/contracts/actor";
import { AppError } from "@/lib/platform/errors";
import { createLogger } from "@/lib/platform/logger";
import { type RoutePorts, route } from "./route";
import { describeRoute } from "./route-description";

const operator: Actor = {
  kind: "person",
  personId: "per_1",
  name: "Ada",
  email: "ada@example.test",
  role: "operator",
  publisherId: null,
  sessionId: "ses_1",
};
const lines: string[] = [];
const ports: RoutePorts = {
  ids: { next: () => "req_fixed" },
  logger: createLogger((line) => lines.push(line)),
  validatesOutput: true,
};

const echo = describeRoute({
  method: "POST",
  path: "/echo/{name}",
  summary: "Answers with what it got.",
  actor: "person",
  permission: "changes.propose",
  input: { params: z.object({ name: z.string().max(8) }), body: z.strictObject({ count: z.int().max(10) }) },
  output: z.object({ name: z.string(), count: z.number() }),
  maxBytes: 64,
  acceptsGzip: true,
  refusals: [],
});

function handler(actor: Actor | null) {
  return route(
    { ...echo, resolveActor: async () => actor },
    async ({ params, body }) => ({ name: params.name, count: body.count }),
    ports,
  );
}

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request("http://console.test/echo/x", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
}

async function codeOf(response: Response): Promise<string> {
  const body: { error: { code: string }; requestId: string } = await response.json();
  expect(body.requestId).toBe(response.headers.get("x-request-id"));
  expect(response.headers.get("cache-control")).toBe("no-store");
  return `${response.status} ${body.error.code}`;
}

async function gzip(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

const context = { params: Promise.resolve({ name: "ok" }) };

describe("a route", () => {
  it("answers when everything that it declares holds", async () => {
    const response = await handler(operator)(post('{"count":3}'), context);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ name: "ok", count: 3 });
    expect(response.headers.get("x-request-id")).toBe("req_fixed");
  });

  it("never calls its function for nobody, another kind of actor, or a role without the permission", async () => {
    expect(await codeOf(await handler(null)(post('{"count":3}'), context))).toBe("401 unauthenticated");
    const device = await handler({ kind: "device", deviceId: "dev_1" })(post('{"count":3}'), context);
    expect(await codeOf(device)).toBe("401 unauthenticated");
    const auditor = await handler({ ...operator, role: "auditor" })(post('{"count":3}'), context);
    expect(await codeOf(auditor)).toBe("403 forbidden");
  });

  it("refuses another method, another content type and an unannounced encoding", async () => {
    const get = await handler(operator)(new Request("http://console.test/echo/x"), context);
    expect(await codeOf(get)).toBe("405 method_not_allowed");
    const form = await handler(operator)(post("count=3", { "content-type": "text/plain" }), context);
    expect(await codeOf(form)).toBe("415 unsupported_media_type");
    const brotli = await handler(operator)(post("{}", { "content-encoding": "br" }), context);
    expect(await codeOf(brotli)).toBe("415 unsupported_media_type");
  });

  it("names the place of an invalid value", async () => {
    const response = await handler(operator)(post('{"count":11}'), context);
    expect(response.status).toBe(400);
    const body: { error: { help: string; details: object[] } } = await response.json();
    expect(body.error.help).toBe("errors/invalid_input");
    expect(body.error.details).toEqual([
      {
        ...{ path: "/body/count", at: "/body/count", code: "too_big", message: expect.any(String) },
        ...{ seen: 11, wanted: 10, help: null },
      },
    ]);
    const params = await handler(operator)(post('{"count":1}'), { params: { name: "much-too-long" } });
    expect(await codeOf(params)).toBe("400 invalid_input");
  });

  it.each(["{", '{"count":1,"count":2}', '{"count":1.5}', '\ufeff{"count":1}'])("refuses %s as JSON", async (text) => {
    expect(await codeOf(await handler(operator)(post(text), context))).toBe("400 invalid_input");
  });

  it("stops reading a body at its limit, before and after decompression", async () => {
    const plain = await handler(operator)(post(`{"count":1}${" ".repeat(100)}`), context);
    expect(await codeOf(plain)).toBe("413 payload_too_large");
    const bomb = await gzip(`{"count":1}${" ".repeat(100_000)}`);
    const folded = await handler(operator)(post(bomb, { "content-encoding": "gzip" }), context);
    expect(await codeOf(folded)).toBe("413 payload_too_large");
    const broken = await handler(operator)(post("not gzip", { "content-encoding": "gzip" }), context);
    expect(await codeOf(broken)).toBe("400 invalid_input");
    const fine = await handler(operator)(post(await gzip('{"count":1}'), { "content-encoding": "gzip" }), context);
    expect(fine.status).toBe(200);
  });

  it.each([
    { origin: "https://evil.test" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("refuses a person's write that a browser sends for another site (%o)", async (headers) => {
    expect(await codeOf(await handler(operator)(post('{"count":1}', headers), context))).toBe("403 forbidden");
  });

  it("shows the text of an unknown error to the log alone", async () => {
    lines.length = 0;
    const failing = route(
      { ...echo, resolveActor: async () => operator },
      async () => {
        throw new Error("connection to postgres://admin:hunter2@db failed");
      },
      ports,
    );
    const response = await failing(post('{"count":1}'), context);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain("hunter2");
    expect(lines.join("")).toContain("req_fixed");
    expect(lines.join("")).toContain("postgres://");
  });

  it("carries the extra members and the retry time of a refusal", async () => {
    const failing = route(
      { ...echo, resolveActor: async () => operator },
      async () => {
        throw new AppError("clock_skew", "The clocks differ.", { extra: { serverTime: 1_800_000_000 } });
      },
      ports,
    );
    const response = await failing(post('{"count":1}'), context);
    const body: { error: { serverTime: number } } = await response.json();
    expect(response.status).toBe(401);
    expect(body.error.serverTime).toBe(1_800_000_000);
  });

  it("does not let an answer out that its own description refuses", async () => {
    const lying = route(
      { ...echo, resolveActor: async () => operator },
      // Safe: the point of this test is a value that the types would refuse.
      async () => ({ name: "x", count: "many" }) as unknown as { name: string; count: number },
      ports,
    );
    expect((await lying(post('{"count":1}'), context)).status).toBe(500);
  });
});
