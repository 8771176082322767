import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { HostEvent } from "../ports";
import { createProgramsBudget } from "./programs-budget";

const MIB = 1024 * 1024;

it("what a host's budget refuses is logged, and told to the platform where the program was not denied it", async () => {
  const root = await mkdtemp(join(tmpdir(), "bulkhead-budget-"));
  await mkdir(join(root, "com.example.old", "ume", "storage"), { recursive: true });
  await writeFile(join(root, "com.example.old", "ume", "storage", "ka"), new Uint8Array(7 * MIB));
  const events: HostEvent[] = [];
  const logged: unknown[] = [];
  let freeBytes = 100 * MIB;
  const budget = createProgramsBudget({
    ...{ root, budgetBytes: 8 * MIB, programs: 2 },
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    telemetry: { addToMinute: () => undefined, recordEvent: (event) => events.push(event) },
    log: (...line) => logged.push(line),
    freeSpace: async () => ({ bytes: freeBytes, files: null }),
  });
  const grow = (appId: string, growthBytes: number) =>
    budget.open([appId, "ume", "storage"], 0).begin({ growthBytes, writtenBytes: growthBytes });
  expect(await grow("com.example.greedy", 2 * MIB + 1)).toMatchObject({ ok: false, reason: "share", limit: 2 * MIB });
  expect(await grow("com.example.late", 2 * MIB)).toMatchObject({ ok: false, reason: "budget" });
  freeBytes = 16 * MIB;
  expect(await grow("com.example.unlucky", 1)).toMatchObject({ ok: false, reason: "disk" });
  const refused = (appId: string, reason: string) => ["warn", "storage_refused", { appId, reason, refused: 1 }];
  expect(logged).toEqual([
    refused("com.example.greedy", "share"),
    refused("com.example.late", "budget"),
    refused("com.example.unlucky", "disk"),
  ]);
  const event = (appId: string, reason: string) => ({
    ...{ type: "storage_refused", appId, code: "HOST_ERROR", layer: "api", rule: null },
    detail: { reason, refused: 1 },
  });
  expect(events).toEqual([event("com.example.late", "budget"), event("com.example.unlucky", "disk")]);
  await rm(root, { recursive: true });
});
