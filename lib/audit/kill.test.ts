import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "@/db/open-store";
import { rebuildStore } from "@/db/rebuild-store";
import { publishers } from "@/db/schema";
import type { Store } from "@/db/store";
import { temporaryBase } from "@/db/testing/data-folder";
import { pgliteSeed, pgliteSeedFolder } from "@/db/testing/pglite-seed";
import type { Logger } from "@/lib/platform/logger";
import { verifyEntries } from "./testing/verify-entries";

/** More rounds where there is time for them. */
const ROUNDS = Number(process.env.BULKHEAD_KILL_ROUNDS ?? "3");
const silent: Logger = () => undefined;
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(temporaryBase(), "bulkhead-kill-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/**
 * Lets `testing/audit-loop.ts` commit, and kills it once it printed `lines` lines, `delayUs` later: anywhere between two
 * statements, in a commit, in a write or in a sync. Answers with the ids that were acknowledged.
 */
function killAfter(round: number, lines: number, delayUs: number): Promise<string[]> {
  const script = fileURLToPath(new URL("./testing/audit-loop.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, String(round)]);
  let output = "";
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      const isEnough = output.split("\n").length > lines;
      output += chunk;
      if (isEnough || output.split("\n").length <= lines) return;
      const until = performance.now() + delayUs / 1000;
      while (performance.now() < until) {
        // A timer is too coarse: the kill must fall anywhere within a commit of a few milliseconds.
      }
      child.kill("SIGKILL");
    });
    child.on("close", (_, signal) => {
      if (signal !== "SIGKILL") reject(new Error(errors));
      // What follows the last line end was not acknowledged whole.
      else resolve(output.split("\n").slice(1, -1));
    });
  });
}

const openFolder = async () =>
  openStore({ location: { kind: "pglite", dataDir }, seed: await pgliteSeed(), logger: silent });
const kept = async (store: Store) =>
  new Set((await store.db.select({ id: publishers.id }).from(publishers)).map((row) => row.id));

describe("kill -9 of a process that commits", () => {
  it("loses nothing that was acknowledged, and rows, journal and audit log agree", { timeout: 300_000 }, async () => {
    cpSync(await pgliteSeedFolder(), join(dataDir, "store"), { recursive: true });
    const acknowledged: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      acknowledged.push(...(await killAfter(round, 2 + (round % 5) * 3, (round * 977) % 9000)));
      const { store, recovery } = await openFolder();
      try {
        expect(["agreed", "journal-completed"], JSON.stringify(recovery)).toContain(recovery.outcome);
        const rows = await kept(store);
        expect(acknowledged.filter((id) => !rows.has(id))).toEqual([]);
        // At most one commit a round was in flight: committed, and its acknowledgement cut off.
        expect(rows.size - acknowledged.length).toBeLessThanOrEqual(round);
        expect(await verifyEntries(store.db)).toMatchObject({ isWhole: true, entries: rows.size });
      } finally {
        await store.close();
      }
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
    rmSync(join(dataDir, "store"), { recursive: true });
    const recovery = await rebuildStore({ dataDir, from: "journal", logger: silent });
    expect(recovery.outcome).toBe("store-rebuilt");
    const { store } = await openFolder();
    const rows = await kept(store);
    expect(acknowledged.filter((id) => !rows.has(id))).toEqual([]);
    expect(await verifyEntries(store.db)).toMatchObject({ isWhole: true, entries: rows.size });
    await store.close();
  });

  it("while the folder is made for the first time leaves a folder that can be opened", {
    timeout: 120_000,
  }, async () => {
    for (let round = 1; round <= 2; round += 1) {
      const script = fileURLToPath(new URL("./testing/audit-loop.ts", import.meta.url));
      const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, String(round)], { stdio: "ignore" });
      // It is killed when the first file of the new database is there, or a little later.
      mkdirSync(dataDir, { recursive: true });
      await new Promise<void>((resolve) => {
        const watcher = watch(dataDir, () => {
          if (!existsSync(join(dataDir, "store.making"))) return;
          watcher.close();
          resolve();
        });
      });
      const until = performance.now() + round * 200;
      while (performance.now() < until) {
        // Waits within the creation, without a timer's slack.
      }
      child.kill("SIGKILL");
      await new Promise((resolve) => child.on("close", resolve));
      const { store } = await openFolder();
      expect((await kept(store)).size).toBeGreaterThanOrEqual(0);
      await store.close();
      rmSync(dataDir, { recursive: true });
    }
  });
});
