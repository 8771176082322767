import { describe, expect, it } from "vitest";
import { checkRefusals } from "./check-refusals";

describe("a refusal's status", () => {
  it.each([
    "response.writeHead(405).end();",
    "response.writeHead(\n  503, {})",
    "return new Response(null, { status: 404 });",
    "outgoing.statusCode = 400;",
    "Response.json(body, { status: isDown ? 503 : 200 })",
  ])("is written by nobody but who gives it code and help: %s", (source) => {
    expect(checkRefusals("lib/server/x.ts", source)).toHaveLength(1);
    expect(checkRefusals("app/api/x/route.ts", source)).toHaveLength(1);
    expect(checkRefusals("lib/server/x.test.ts", source)).toEqual([]);
    expect(checkRefusals("lib/http/error-response.ts", source)).toEqual([]);
  });

  it.each([
    "response.writeHead(304).end();",
    "return new Response(text, { status: 200 });",
    "if (status === 404) retry();",
    "// answers with status: 404",
  ])("is not taken for one where it is none: %s", (source) => {
    expect(checkRefusals("lib/server/x.ts", source)).toEqual([]);
  });
});
