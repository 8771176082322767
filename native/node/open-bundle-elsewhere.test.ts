import { createHash, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openBundle } from "../core/bundle/open-bundle";
import { publicKeyShape } from "../core/crypto/public-key";
import { craftArchive } from "../vectors/craft/craft-archive";
import { judgeBundle } from "./judge-bundle";
import { makeKeyPair } from "./make-key-pair";
import { BundleNotOpened, createBundleJudge, createBundleOpener } from "./open-bundle-elsewhere";

const manifest = {
  app_id: "com.example.notes",
  name: "Notes",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 1, name: "1" },
};
const bundle = craftArchive({
  entries: [
    { name: "manifest.json", content: JSON.stringify(manifest) },
    { name: "app.js", content: "run();", method: 0 },
    { name: "empty" },
  ],
});
const running = (text: string) => ({ script: async () => ({ text }) });
const HANGS = "for (;;);";

const keys = makeKeyPair();
const jwk = publicKeyShape.parse(keys.publicKey.export({ format: "jwk" }));

describe("judging a bundle that was handed in", () => {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-judge-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "bundle.new");
  const seal = {
    signatureDer: new Uint8Array(sign("sha256", bundle, keys.privateKey)),
    keys: [
      { kid: "another", jwk: publicKeyShape.parse(makeKeyPair().publicKey.export({ format: "jwk" })) },
      { kid: "a", jwk },
    ],
  };

  it("reads the file, verifies, hashes and opens it on a thread of its own", async () => {
    writeFileSync(path, bundle);
    const judged = await createBundleJudge({ openMsMax: 100_000 })({ path }, seal, "a");
    expect(judged).toEqual(judgeBundle(bundle, seal));
    expect(judged).toMatchObject({
      ok: true,
      kid: "a",
      sha256: createHash("sha256").update(bundle).digest("hex"),
      manifest: { app_id: "com.example.notes" },
      entries: 3,
      unpackedBytes: JSON.stringify(manifest).length + "run();".length,
    });
  });

  it("says of other bytes that they are not signed, and of signed noise that it is no bundle", async () => {
    const judge = createBundleJudge({ openMsMax: 100_000 });
    writeFileSync(path, bundle.subarray(1));
    expect(await judge({ path }, seal, "a")).toEqual({ ok: false, code: "SIGNATURE_INVALID", isDer: true });
    expect(await judge({ path }, { ...seal, signatureDer: bundle }, "a")).toMatchObject({ isDer: false });
    const noise = { ...seal, signatureDer: new Uint8Array(sign("sha256", bundle.subarray(1), keys.privateKey)) };
    expect(await judge({ path }, noise, "a")).toMatchObject({ ok: false, code: "BUNDLE_MALFORMED" });
  });

  it("gives no verdict where there is no file", async () => {
    const judge = createBundleJudge({ openMsMax: 100_000 });
    await expect(judge({ path: join(folder, "nothing") }, seal, "a")).rejects.toThrow(BundleNotOpened);
  });
});

describe("opening a bundle on a thread of its own (spec 2.18)", () => {
  it("answers what opening it here does, and leaves the bytes to whoever asked", async () => {
    const open = createBundleOpener({ openMsMax: 100_000 });
    const before = bundle.slice();
    expect(await open(bundle, "a")).toEqual(openBundle(bundle));
    expect(bundle).toEqual(before);
    const read = Buffer.from(bundle);
    await open(read, "a");
    expect(new Uint8Array(read)).toEqual(before);
    expect(await open(bundle.subarray(1), "a")).toEqual({
      ok: false,
      reason: { kind: "archive", fault: "not_one_archive" },
    });
  });

  it("goes on answering others while a bundle is opened, and gives up on it in time, without a verdict", async () => {
    const opened = createBundleOpener({ ...running(HANGS), openMsMax: 300 })(bundle, "a");
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    await expect(opened).rejects.toThrow(BundleNotOpened);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });

  it("opens the next after one that took too long", async () => {
    const scripts = [HANGS, "require('node:worker_threads').parentPort.postMessage({ ok: false });"];
    const open = createBundleOpener({ script: async () => ({ text: scripts.shift() ?? "" }), openMsMax: 5000 });
    const [first, second] = await Promise.allSettled([open(bundle, "a"), open(bundle, "a")]);
    expect(first.status).toBe("rejected");
    expect(second).toEqual({ status: "fulfilled", value: { ok: false } });
  });

  it.each([
    ["throws", "throw new Error('no')"],
    ["ends without an answer", ""],
    ["takes more memory than it has", "const held = []; for (;;) held.push(new Array(100_000).fill(held.length));"],
  ])("says so where the thread %s", async (_, text) => {
    await expect(createBundleOpener(running(text))(bundle, "a")).rejects.toThrow(BundleNotOpened);
  });

  it("sends away who comes when too many wait", async () => {
    const open = createBundleOpener({ ...running(HANGS), openMsMax: 100, waitingMax: 1 });
    const all = [open(bundle, "a"), open(bundle, "a"), open(bundle, "a")];
    await expect(all[2]).rejects.toThrow(/too many/);
    expect((await Promise.allSettled(all)).every(({ status }) => status === "rejected")).toBe(true);
  });

  it("serves whoever waits in turn, and takes no more than a few from one", async () => {
    const told: string[] = [];
    const answer = "require('node:worker_threads').parentPort.postMessage({ ok: false });";
    const open = createBundleOpener({ ...running(answer), openMsMax: 100_000, waitingOfOneMax: 3 });
    const hand = (whose: string) => open(bundle, whose).then(() => told.push(whose));
    const greedy = Array.from({ length: 5 }, () => hand("a"));
    const others = [hand("b"), hand("c"), hand("b")];
    await expect(greedy[4]).rejects.toThrow(/too many/);
    await Promise.all([...greedy.slice(0, 4), ...others]);
    expect(told).toEqual(["a", "a", "b", "c", "a", "b", "a"]);
  });
});
