import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeOpenApi } from "@/lib/http/openapi";
import { consoleStreamRoute } from "./plain-routes";
import { projectRoot } from "./project-root";
import { routeTable } from "./route-table";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** `METHOD /path` of every handler that Next serves below `app/api/console`. */
function nextRoutes(): string[] {
  const api = join(projectRoot(), "app", "api");
  const files = readdirSync(join(api, "console"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "route.ts")
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((file) => {
    const folder = relative(api, file).split("/").slice(0, -1).join("/");
    const path = `/api/${folder.replaceAll(/\[(\w+)\]/g, "{$1}")}`;
    const text = readFileSync(file, "utf8");
    return METHODS.filter((method) => new RegExp(`export (const|async function|function) ${method}\\b`).test(text)).map(
      (method) => `${method} ${path}`,
    );
  });
}

const described = routeTable.map(({ method, path }) => `${method} ${path}`);

describe("the route table", () => {
  it("has every call once", () => {
    expect(new Set(described).size).toBe(described.length);
  });

  it("has every handler that Next serves, and no other call of the console", () => {
    const stream = `${consoleStreamRoute.method} ${consoleStreamRoute.path}`;
    const ofConsole = described.filter((call) => call.includes(" /api/console/") && call !== stream);
    expect(ofConsole.sort()).toEqual(nextRoutes().sort());
  });

  it("lets nobody but a device, a publisher or a person with a permission do anything", () => {
    const open = routeTable.filter(({ actor }) => actor === "public").map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual([
      "GET /api/health",
      "GET /api/openapi.json",
      "GET /api/ready",
      "GET /api/runtime/v1/keyset",
      "GET /api/runtime/v1/keyset/{revision}",
      "GET /api/runtime/v1/platform",
      "POST /api/runtime/v1/enroll",
      "POST /api/runtime/v1/token",
    ]);
  });

  it("becomes OpenAPI 3.1 with every call, its parameters and its refusals", () => {
    const document = describeOpenApi(routeTable, "1.2.3");
    const text = JSON.stringify(document);
    expect(document.openapi).toBe("3.1.0");
    const paths = z.record(z.string(), z.record(z.string(), z.any())).parse(document.paths);
    const operations = Object.entries(paths).flatMap(([path, place]) =>
      Object.entries(place).map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, operation })),
    );
    const byHead = ["HEAD /api/health", "HEAD /api/ready"];
    expect(operations.map(({ call }) => call).sort()).toEqual([...described, ...byHead].sort());
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { call, operation } of operations) {
      const inPath = [...call.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = operation.parameters.filter((one: { in: string }) => one.in === "path");
      expect([call, named.map((one: { name: string }) => one.name)]).toEqual([call, inPath]);
      expect(operation.responses["500"]).toBeDefined();
    }
    expect(text).not.toContain("undefined");
  });
});
