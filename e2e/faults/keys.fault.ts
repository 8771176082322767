import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { KEY_FAULTS, type KeyFault } from "@/lib/sync/keys/key-faults";
import { type Decided, suspend, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import {
  APP,
  copyOfData,
  type Faulted,
  freshFolder,
  kill,
  readiness,
  refusedStart,
  startFaulted,
  startWithProgram,
  type,
} from "./fault-server";
import { enrolDevice } from "./simulated-device";

/** Two platforms that were used and stopped; each test works on a copy of the first. */
let used: { dataDir: string; decided: Decided };
let another: string;
beforeAll(async () => {
  const server = await startWithProgram(freshFolder());
  const decided = await widenHost(server, APP, "kept.example.com");
  await kill(server);
  used = { dataDir: server.dataDir, decided };
  const other = await startWithProgram(freshFolder());
  await kill(other);
  another = other.dataDir;
}, 240_000);

function copyOfUsed(): { dataDir: string; keys: string } {
  const dataDir = copyOfData(used.dataDir);
  return { dataDir, keys: join(dataDir, "keys") };
}

const policyFiles = (keys: string) => readdirSync(keys).filter((name) => name.startsWith("policy-"));
/** What opens or is opened. `access.key` and the copy of the keyset are made anew without harm. */
function secretsIn(keys: string): string[][] {
  const names = existsSync(keys) ? readdirSync(keys) : [];
  const secrets = names.filter((name) => /^(policy-|root-|protection\.key|session\.salt)/.test(name));
  return secrets.map((name) => [name, readFileSync(join(keys, name), "utf8")]);
}

function onlyPolicyFile(keys: string): string {
  const [name, ...others] = policyFiles(keys);
  if (name === undefined || others.length > 0) throw new Error("there is not one policy key");
  return join(keys, name);
}

/** Exchanges what two key files hold and leaves their ids: each is the other's key under its own name. */
async function exchangeKeys(dataDir: string): Promise<void> {
  const keys = join(dataDir, "keys");
  expect(await type("keys", ["policy", "create", "--data", dataDir])).toMatchObject({ code: 0 });
  const paths = policyFiles(keys).map((name) => join(keys, name));
  const [first = {}, second = {}] = paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as { kid?: string });
  const [firstPath = "", secondPath = ""] = paths;
  writeFileSync(firstPath, JSON.stringify({ ...second, kid: first.kid }));
  writeFileSync(secondPath, JSON.stringify({ ...first, kid: second.kid }));
}

type Loss = {
  title: string;
  fault: KeyFault;
  lose(data: { dataDir: string; keys: string }): void | Promise<void>;
  env?: Record<string, string>;
  hasForeignRoots?: boolean;
};

const LOSSES: Loss[] = [
  {
    title: "the whole key folder is gone",
    fault: "KEY_MISSING",
    lose: ({ keys }) => rmSync(keys, { recursive: true }),
  },
  { title: "the policy key is gone", fault: "KEY_MISSING", lose: ({ keys }) => rmSync(onlyPolicyFile(keys)) },
  {
    title: "the policy key is cut short",
    fault: "FOLDER_UNREADABLE",
    lose: ({ keys }) => {
      const path = onlyPolicyFile(keys);
      writeFileSync(path, readFileSync(path, "utf8").slice(0, 100));
    },
  },
  { title: "two keys are exchanged", fault: "KEY_SWAPPED", lose: ({ dataDir }) => exchangeKeys(dataDir) },
  {
    title: "the keys are those of another platform",
    fault: "KEY_FOREIGN",
    lose: ({ keys }) => {
      rmSync(keys, { recursive: true });
      cpSync(join(another, "keys"), keys, { recursive: true });
    },
    hasForeignRoots: true,
  },
  {
    title: "the passphrase is another one",
    fault: "KEY_SHUT",
    lose: () => undefined,
    env: { BULKHEAD_KEYS_PASSPHRASE: "not the one that sealed them" },
  },
];

/**
 * Devices get what is signed, unless nothing here can tell whose it is, and whoever wants to stop something is told at
 * once that it would not go out, and why.
 */
async function expectUnsigned(server: Faulted, { fault, hasForeignRoots = false }: Loss): Promise<void> {
  const { says, remedy } = KEY_FAULTS[fault];
  expect(server.warnings()).toContainEqual(`A suspension would fail now. ${says} ${remedy}`);
  expect(await readiness(server, "signature")).toEqual({ status: 503, state: "failed" });
  const enrolled = enrolDevice(() => server.url, server.operator, { name: "faithful", appIds: [APP] });
  if (hasForeignRoots) {
    // Root thumbprints lie beside the keys: by another platform's nothing here verifies, and so nothing is served.
    await expect(enrolled).rejects.toMatchObject({ status: 503, code: "unavailable" });
    expect(await readiness(server, "keyset")).toEqual({ status: 503, state: "failed" });
  } else {
    const device = await enrolled;
    expect(await device.pull()).toBe(true);
    expect(device.programs.get(APP)?.hosts.map(({ host }) => host)).toContain("kept.example.com");
    expect(device.refusals).toEqual([]);
  }
  const refused = suspend(server.operator, APP);
  await expect(refused).rejects.toMatchObject({ status: 503, code: "unavailable" });
  await expect(refused).rejects.toThrow(says);
}

/** A suspension is decided, and a device that looks hears of it. */
async function expectSuspends(server: Faulted): Promise<Decided> {
  const device = await enrolDevice(() => server.url, server.operator, { name: "listener", appIds: [APP] });
  const decided = await suspend(server.operator, APP);
  expect(await device.pull()).toBe(true);
  expect(device.platform?.suspended).toEqual([APP]);
  expect(device.refusals).toEqual([]);
  expect(await readiness(server, "signature")).toMatchObject({ state: "ok" });
  return decided;
}

describe("a server whose keys do not fit its data", () => {
  it.each(LOSSES)("says so, makes nothing up, and suspends once they are back: $title", async (loss) => {
    const { lose, env } = loss;
    const data = copyOfUsed();
    await lose(data);
    const before = secretsIn(data.keys);
    const broken = await startFaulted(data.dataDir, env);
    await expectUnsigned(broken, loss);
    expect(secretsIn(data.keys)).toEqual(before);
    await kill(broken);
    rmSync(data.keys, { recursive: true });
    cpSync(join(used.dataDir, "keys"), data.keys, { recursive: true });
    const mended = await startFaulted(data.dataDir);
    expect(mended.warnings()).toEqual([]);
    const suspended = await expectSuspends(mended);
    await kill(mended);
    await expectInvariants(data.dataDir, { decisions: [used.decided, suspended] });
  });

  it("signs as before where two key files only bear each other's name", async () => {
    const data = copyOfUsed();
    expect(await type("keys", ["policy", "create", "--data", data.dataDir])).toMatchObject({ code: 0 });
    const [first = "", second = ""] = policyFiles(data.keys).map((name) => join(data.keys, name));
    renameSync(first, `${first}.aside`);
    renameSync(second, first);
    renameSync(`${first}.aside`, second);
    const server = await startFaulted(data.dataDir);
    expect(server.warnings()).toEqual([]);
    const suspended = await expectSuspends(server);
    await kill(server);
    await expectInvariants(data.dataDir, { decisions: [used.decided, suspended] });
  });

  it("refuses to start where protection.key is lost, changes nothing, and starts once it is back", async () => {
    const data = copyOfUsed();
    const path = join(data.keys, "protection.key");
    renameSync(path, join(data.dataDir, "kept-elsewhere"));
    const before = secretsIn(data.keys);
    const { code, message, remedy } = await refusedStart(data.dataDir);
    expect(code).toBe("unavailable");
    expect(message).toContain(`${path} is not there`);
    expect(remedy).toContain("Put it back from where it is kept");
    expect(secretsIn(data.keys)).toEqual(before);
    renameSync(join(data.dataDir, "kept-elsewhere"), path);
    const server = await startFaulted(data.dataDir);
    const suspended = await expectSuspends(server);
    await kill(server);
    await expectInvariants(data.dataDir, { decisions: [used.decided, suspended] });
  });

  it("suspends without session.salt, says that sessions end, and keeps them once it is made anew", async () => {
    const data = copyOfUsed();
    rmSync(join(data.keys, "session.salt"));
    const server = await startFaulted(data.dataDir);
    expect(server.warnings().join()).toContain("npm run keys -- session create");
    expect(existsSync(join(data.keys, "session.salt"))).toBe(false);
    const suspended = await expectSuspends(server);
    await kill(server);
    expect(await type("keys", ["session", "create", "--data", data.dataDir])).toMatchObject({ code: 0 });
    const mended = await startFaulted(data.dataDir);
    expect(mended.warnings()).toEqual([]);
    await kill(mended);
    await expectInvariants(data.dataDir, { decisions: [used.decided, suspended] });
  });
});

describe("keys that are lost for good", () => {
  it("are replaced by a root ceremony, and devices that were there before hear the next suspension", async () => {
    const folder = freshFolder();
    const dataDir = join(folder, "data");
    const keysDir = join(dataDir, "keys");
    const root = join(folder, "root");
    const file = (name: string) => join(folder, name);
    const keys = async (...args: string[]) => {
      const typed = await type("keys", args);
      expect(typed, typed.said).toMatchObject({ code: 0 });
      return typed.said;
    };
    mkdirSync(root);
    writeFileSync(file("root.json"), await keys("root", "create", "--data", root));
    writeFileSync(file("policy-1.json"), await keys("policy", "create", "--data", dataDir));
    const first = ["--root", file("root.json"), "--policy", file("policy-1.json"), "--threshold", "1"];
    const named = ["--platform", "superapp.test", "--environment", "development", "--out", file("keyset-1.json")];
    await keys("keyset", "first", ...first, ...named);
    await keys("keyset", "sign", file("keyset-1.json"), "--data", root);
    await keys("keyset", "publish", file("keyset-1.json"), "--data", dataDir);
    const server = await startWithProgram(dataDir, { BULKHEAD_PLATFORM_ID: "superapp.test" });
    let { url } = server;
    const device = await enrolDevice(() => url, server.operator, { name: "faithful", appIds: [APP] });
    expect(await device.pull()).toBe(true);
    await kill(server);

    rmSync(join(keysDir, "protection.key"));
    const lost = onlyPolicyFile(keysDir);
    expect((await refusedStart(dataDir)).remedy).toContain("If it is lost for good, move the key files away");
    renameSync(lost, file("lost.json"));
    const unsigned = await startFaulted(dataDir);
    await expect(suspend(unsigned.operator, APP)).rejects.toThrow(KEY_FAULTS.KEY_MISSING.says);

    writeFileSync(file("policy-2.json"), await keys("policy", "create", "--data", dataDir));
    const { kid } = JSON.parse(readFileSync(file("policy-1.json"), "utf8")) as { kid: string };
    const changes = ["--add-policy", file("policy-2.json"), "--remove-policy", kid, "--out", file("keyset-2.json")];
    await keys("keyset", "next", ...changes, "--data", dataDir);
    await keys("keyset", "sign", file("keyset-2.json"), "--data", root);
    await keys("keyset", "publish", file("keyset-2.json"), "--data", dataDir);
    await kill(unsigned);
    const mended = await startFaulted(dataDir);
    url = mended.url;
    const suspended = await suspend(mended.operator, APP);
    expect(await device.pull()).toBe(true);
    expect(device.platform?.suspended).toEqual([APP]);
    expect(device.refusals).toEqual([]);
    await kill(mended);
    await expectInvariants(dataDir, { decisions: [suspended] });
  });
});
