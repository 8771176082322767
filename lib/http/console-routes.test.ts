import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CALL_PERMISSIONS } from "./call-permissions";
import { consoleRoutes } from "./console-routes";
import type { RouteDescription } from "./route-description";

/** The file that answers a route, by its path. */
const fileOf = (path: string) => join("app", path.replace(/\{(\w+)\}/g, "[$1]"), "route.ts");

describe("the route table of the console", () => {
  it.each(Object.entries(consoleRoutes))("%s is answered where its path says, by its method", (name, route) => {
    expect(readFileSync(fileOf(route.path), "utf8")).toMatch(
      new RegExp(`export const ${route.method} = consoleRoute\\(\\s*consoleRoutes\\.${name},`),
    );
  });

  it("has every file that answers, and each method at a path once", () => {
    const routes: RouteDescription[] = Object.values(consoleRoutes);
    const found = readdirSync("app/api/console/v1", { recursive: true, encoding: "utf8" });
    const files = found.filter((name) => name.endsWith("route.ts") && !name.endsWith("console-route.ts"));
    expect(files.map((name) => join("app/api/console/v1", name)).sort()).toEqual(
      [...new Set(routes.map(({ path }) => fileOf(path)))].sort(),
    );
    // A browser tells by the method whether a body is sent.
    const takesBody = (method: string) => method !== "GET" && method !== "DELETE";
    expect(routes.filter((route) => (route.input?.body !== undefined) !== takesBody(route.method))).toEqual([]);
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
  });

  it("is what pages offer acts by: each by the permission of its route", () => {
    const acts = Object.entries(consoleRoutes).filter(
      ([, { method, permission }]) => method !== "GET" && permission !== "signed-in",
    );
    expect(CALL_PERMISSIONS).toEqual(Object.fromEntries(acts.map(([name, { permission }]) => [name, permission])));
  });
});
