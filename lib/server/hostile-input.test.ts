import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeOpenApi } from "@/lib/http/openapi";
import type { RouteDescription } from "@/lib/http/route-description";
import { toStorable } from "@/lib/http/storable-text";
import { runtimeRoutes } from "@/lib/sync/runtime/runtime-routes";
import { buildBatch } from "@/lib/sync/testing/batch-builder";
import { leanRouteTable } from "./route-table";
import { type FaceFixture, openFaceFixture } from "./testing/face-fixture";

let fixture: FaceFixture;
let token: string;
beforeAll(async () => {
  fixture = await openFaceFixture();
  token = (await fixture.addDevice()).accessToken;
});
afterAll(() => fixture.close());

const routes = leanRouteTable.filter((route) => route !== runtimeRoutes.stream);
const documented = (route: RouteDescription): string[] => {
  // Safe: built above by `describeOpenApi`, whose test holds it to this form.
  const paths = describeOpenApi([route], "0").paths as Record<string, Record<string, { responses: object }>>;
  return Object.keys(paths[route.path]?.[route.method.toLowerCase()]?.responses ?? {});
};

/** A path segment: as it is where it is escaped already, however badly. */
function encodeWord(word: string): string {
  return word.startsWith("%") ? word : encodeURIComponent(toStorable(word));
}

async function send(route: RouteDescription, init: RequestInit & { word?: string } = {}): Promise<Response> {
  const path = route.path.replaceAll(/\{\w+\}/g, encodeWord(init.word ?? "x"));
  // A limit that empties during a thousand requests is another test's matter.
  fixture.clock.advance(1);
  return await fetch(fixture.baseUrl + path, { method: route.method, ...init });
}

const bearer = () => ({ authorization: `Bearer ${token}` });
const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom(
    "../../x",
    "%00",
    "%ff",
    "%",
    "%2e%2e%2f",
    "\u0000",
    "\ud800",
    "__proto__",
    "x".repeat(3000),
    "com.example.a",
    "' or 1=1 --",
  ),
);
const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "",
    "{",
    "[".repeat(5000),
    '{"a":1,"a":2}',
    '{"__proto__":{}}',
    "1e400",
    "-0",
    "9007199254740993",
    '"\\u0000"',
    '"\\ud800"',
    "\ufeff{}",
  ),
);

describe("hostile input", () => {
  it("to every route gets a documented refusal, never a fault of ours", async () => {
    for (const route of routes) {
      const statuses = documented(route);
      token = (await fixture.addDevice()).accessToken;
      await fc.assert(
        fc.asyncProperty(hostileText, hostileValue, fc.boolean(), async (word, text, withToken) => {
          const response = await send(route, {
            word,
            headers: { ...(withToken ? bearer() : {}), "content-type": "application/json" },
            ...(route.method === "GET" ? {} : { body: text }),
          });
          await response.arrayBuffer();
          // A path whose word is empty is another path, which is not there.
          const known = [...statuses, "404"];
          expect([route.path, known.includes(String(response.status)), response.status >= 500]).toEqual([
            route.path,
            true,
            false,
          ]);
        }),
        { numRuns: 40 },
      );
    }
    expect(fixture.logged.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("in one member of a batch never takes the server down", async () => {
    const at = fixture.nowSeconds();
    const member = fc.constantFrom(
      "batchId",
      "sequence",
      "sentAt",
      "runtime",
      "applied",
      "programs",
      "events",
      "discarded",
    );
    await fc.assert(
      fc.asyncProperty(member, fc.jsonValue({ maxDepth: 4 }), async (name, value) => {
        const response = await send(runtimeRoutes.telemetry, {
          headers: { ...bearer(), "content-type": "application/json" },
          body: JSON.stringify(buildBatch(at, { [name]: value })),
        });
        await response.arrayBuffer();
        expect([200, 400, 401, 409, 429]).toContain(response.status);
      }),
      { numRuns: 100 },
    );
  });

  it.each(routes.filter(({ method }) => method === "POST").map((route) => [route.path, route] as const))(
    "to %s: not JSON 400, too large 413, another type 415, another method 405",
    async (_, route) => {
      const isBytes = route.input?.body !== undefined && "kind" in route.input.body;
      const json = { ...bearer(), "content-type": "application/json" };
      const isOpen = route.actor === "public" || route.actor === "device";
      if (isOpen && !isBytes) {
        token = (await fixture.addDevice()).accessToken;
        const fresh = { ...json, ...bearer() };
        expect((await send(route, { headers: fresh, body: "{" })).status).toBe(400);
        expect((await send(route, { headers: fresh, body: "x".repeat(route.maxBytes + 1) })).status).toBe(413);
        expect((await send(route, { headers: { ...fresh, "content-type": "text/plain" }, body: "{}" })).status).toBe(
          415,
        );
      }
      expect((await send(route, { method: "DELETE" })).status).toBe(405);
    },
  );

  it.each(routes.filter(({ actor }) => actor !== "public").map((route) => [route.path, route] as const))(
    "to %s without a token is 401, whatever it says",
    async (_, route) => {
      const isBytes = route.input?.body !== undefined && "kind" in route.input.body;
      const type = isBytes ? "application/miniapp-pkg+zip" : "application/json";
      const init = route.method === "GET" ? {} : { body: "{}", headers: { "content-type": type } };
      expect((await send(route, init)).status).toBe(401);
      const headers = { authorization: "Bearer nobody.nothing", "content-type": type };
      expect((await send(route, { ...init, headers })).status).toBe(401);
    },
  );
});
