import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { unpackReleased } from "@/db/testing/released-folder";
import { type Decided, narrowLimit, suspend, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, copyOfData, freshFolder, kill, startFaulted, startWithProgram, type } from "./fault-server";

const ROUNDS = Number(process.env.BULKHEAD_FAULT_ROUNDS ?? "6");
const SEED = Number(process.env.BULKHEAD_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));
process.stderr.write(`killed at moments of BULKHEAD_FAULT_SEED=${SEED}\n`);
const PASSPHRASE = { BULKHEAD_BACKUP_PASSPHRASE: "what seals the backups" };

/** Numbers of 0 … 1 that a seed repeats (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = seeded(SEED);

/** Runs one process of Node, kills it after so many milliseconds, and answers whether it had ended before. */
async function killedAfter(ms: number, args: readonly string[], env: Record<string, string> = {}): Promise<boolean> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  const ended = once(child, "exit").then(() => true);
  const isOver = await Promise.race([ended, sleep(ms, false)]);
  child.kill("SIGKILL");
  await ended;
  return isOver;
}

const storeCommand = (...words: string[]) => ["--import", "tsx", "lib/server/store-command.ts", ...words];

/** How long it takes when nobody kills it: moments are spread over that, most of them past the start of Node. */
async function measured(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
const moment = (wholeMs: number) => wholeMs * (0.15 + 0.85 * random());

let used: { dataDir: string; decisions: Decided[] };
beforeAll(async () => {
  const server = await startWithProgram(freshFolder());
  const decisions = [await widenHost(server, APP, "kept.example.com")];
  for (let n = 1; n <= 20; n += 1) decisions.push(await narrowLimit(server.operator, APP, 100_000_000 - n));
  await server.child.stop();
  used = { dataDir: server.dataDir, decisions };
}, 240_000);

it("a backup that is killed leaves a whole file or none, and the store as it was", async () => {
  const dataDir = copyOfData(used.dataDir);
  const folder = freshFolder();
  const first = join(folder, "first.backup");
  const wholeMs = await measured(() => type("store", ["backup", first, "--data", dataDir], PASSPHRASE));
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = join(folder, `${round}.backup`);
    await killedAfter(moment(wholeMs), storeCommand("backup", file, "--data", dataDir), PASSPHRASE);
    if (!existsSync(file)) continue;
    const checked = await type("store", ["check", "--file", file], PASSPHRASE);
    expect(checked, checked.said).toMatchObject({ code: 0 });
  }
  const again = await type("store", ["backup", join(folder, "last.backup"), "--data", dataDir], PASSPHRASE);
  expect(again, again.said).toMatchObject({ code: 0 });
  const server = await startFaulted(dataDir);
  expect(server.warnings()).toEqual([]);
  const suspended = await suspend(server.operator, APP);
  await kill(server);
  await expectInvariants(dataDir, { decisions: [...used.decisions, suspended] });
});

it("a restore that is killed can be tried again, and gives everything", async () => {
  const folder = freshFolder();
  const file = join(folder, "store.backup");
  const saved = await type("store", ["backup", file, "--data", copyOfData(used.dataDir)], PASSPHRASE);
  expect(saved, saved.said).toMatchObject({ code: 0 });
  const restoreInto = (dataDir: string) => ["restore", file, "--data", dataDir];
  const wholeMs = await measured(() => type("store", restoreInto(join(folder, "measured")), PASSPHRASE));
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = join(folder, `restored-${round}`);
    mkdirSync(dataDir, { mode: 0o700 });
    await killedAfter(moment(wholeMs), storeCommand(...restoreInto(dataDir)), PASSPHRASE);
    const again = await type("store", restoreInto(dataDir), PASSPHRASE);
    // Where it was whole already, it says so instead of writing over it.
    if (again.code !== 0) expect(again.said).toContain("something is there already");
    copyFileSync(join(used.dataDir, "keys", "protection.key"), join(dataDir, "keys", "protection.key"));
    const server = await startFaulted(dataDir);
    const suspended = await suspend(server.operator, APP);
    await kill(server);
    await expectInvariants(dataDir, { decisions: [...used.decisions, suspended] });
  }
});

it("a start that is killed while it migrates the released version's data is taken up by the next one", async () => {
  const start = (dataDir: string) => ["dist/server.mjs", "--port", "0", "--data", dataDir, "--json"];
  const measuredDir = join(freshFolder(), "data");
  unpackReleased(measuredDir);
  const wholeMs = await measured(async () => kill(await startFaulted(measuredDir)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = join(freshFolder(), "data");
    unpackReleased(dataDir);
    await killedAfter(moment(wholeMs), start(dataDir));
    const server = await startFaulted(dataDir);
    const { items } = await server.operator.get<{ items: { appId: string }[] }>("programs?status=active");
    const suspended = await suspend(server.operator, items[0]?.appId ?? "");
    await kill(server);
    await expectInvariants(dataDir, { decisions: [suspended] });
  }
});
