import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileFirstPage } from "./compile-first-page";

const socketPath = () => join(mkdtempSync(join(tmpdir(), "bulkhead-first-")), "first");

test("asks once for a page that the links lead to, and leaves no socket behind", async () => {
  const asked: (string | undefined)[] = [];
  const path = socketPath();

  await compileFirstPage((request, response) => {
    asked.push(request.url);
    response.end("a page");
  }, path);

  expect(asked).toEqual(["/link/nobody"]);
  expect(existsSync(path)).toBe(false);
});

test("a page that was compiled and could not be rendered is compiled", async () => {
  const rendering = compileFirstPage((_, response) => {
    response.writeHead(500).end("not ready");
  }, socketPath());

  await expect(rendering).resolves.toBeUndefined();
});

test("a connection that ends without an answer is told", async () => {
  const rendering = compileFirstPage((request) => void request.destroy(), socketPath());

  await expect(rendering).rejects.toThrow("socket hang up");
});
