import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/platform/clock";
import { currentKeyset } from "../current-keyset";
import { openKeyFolder } from "../keys/key-folder";
import { openKey, sealKey } from "../keys/sealed-key";
import { takeKeysetInbox } from "../keyset/keyset-inbox";
import { createDeviceKey } from "../testing/device-key";
import { openSyncFixture, type SyncFixture, TEST_PLATFORM } from "../testing/sync-fixture";
import { runKeysCommand } from "./command";

const PASSPHRASE = { BULKHEAD_KEYS_PASSPHRASE: "correct horse battery" };
let fixture: SyncFixture;
let elsewhere: string;
beforeAll(async () => {
  fixture = await openSyncFixture({ environment: "production" });
  fixture.clock.set(systemClock.nowMs());
  elsewhere = mkdtempSync(join(tmpdir(), "bulkhead-root-"));
});
afterAll(async () => {
  await fixture.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

async function keys(dataDir: string, ...args: string[]): Promise<string> {
  const said: string[] = [];
  await runKeysCommand([...args, "--data", dataDir], PASSPHRASE, (text) => said.push(text));
  return said.join("\n");
}

describe("the root ceremony", () => {
  it("adds a policy key by signatures of root keys that never lay on the server", async () => {
    const { store, ctx, folder } = fixture;
    const server = join(folder.dir, "..");
    await takeKeysetInbox(store, ctx, folder.dir);
    expect((await currentKeyset(store.db))?.claims).toMatchObject({ revision: 1, threshold: 2 });

    // A root key of another machine joins; the three of the server leave. Both thresholds have to sign.
    const first = await keys(join(elsewhere, "one"), "root", "create");
    const second = await keys(join(elsewhere, "two"), "root", "create");
    const policy = await keys(server, "policy", "create");
    const files = {
      first: join(elsewhere, "a.json"),
      second: join(elsewhere, "b.json"),
      policy: join(elsewhere, "p.json"),
    };
    writeFileSync(files.first, first);
    writeFileSync(files.second, second);
    writeFileSync(files.policy, policy);
    const plan = join(elsewhere, "keyset-2.json");
    const leaving = (await folder.list("root")).flatMap(({ kid }) => ["--remove-root", kid]);
    const joining = ["--add-root", files.first, "--add-root", files.second, "--add-policy", files.policy];
    await keys(server, "keyset", "next", ...joining, ...leaving, "--threshold", "2", "--out", plan);

    await keys(server, "keyset", "sign", plan);
    await keys(server, "keyset", "publish", plan);
    await takeKeysetInbox(store, ctx, folder.dir);
    expect(readdirSync(join(folder.dir, "inbox")).some((name) => name.endsWith(".refused"))).toBe(true);
    expect((await currentKeyset(store.db))?.revision).toBe(1);

    await keys(join(elsewhere, "one"), "keyset", "sign", plan);
    const shown = await keys(join(elsewhere, "two"), "keyset", "sign", plan);
    expect(shown.match(/signed$/gm)?.length).toBe(2);
    await keys(server, "keyset", "publish", plan);
    await takeKeysetInbox(store, ctx, folder.dir);
    const current = (await currentKeyset(store.db))?.claims;
    expect(current).toMatchObject({ revision: 2, platform: TEST_PLATFORM, threshold: 2 });
    expect(current?.keys).toHaveLength(2);
    expect(await keys(server, "status")).toContain("keyset 2, epoch 1");
  });

  it("plans nothing that could not be signed", async () => {
    const server = join(fixture.folder.dir, "..");
    const out = join(elsewhere, "never.json");
    await expect(keys(server, "keyset", "next", "--threshold", "9", "--out", out)).rejects.toThrow(/threshold/);
    await expect(keys(server, "keyset", "next", "--remove-policy", "nobody", "--out", out)).rejects.toThrow(/no key/);
    await expect(keys(server, "keyset", "show", join(elsewhere, "p.json"))).rejects.toThrow(/no keyset/);
  });
});

describe("a key whose id begins with a dash", () => {
  it("is named everywhere as any other: shown, introduced, and removed again", async () => {
    let dashed = createDeviceKey();
    while (!dashed.thumbprint.startsWith("-")) dashed = createDeviceKey();
    const { jwk, thumbprint: kid } = dashed;
    const dir = join(elsewhere, "dashed");
    const policy = await keys(dir, "policy", "create");
    const root = await keys(dir, "root", "create");
    const sealed = sealKey({ use: "policy", kid, jwk, createdAt: new Date(0).toISOString() }, new Uint8Array(1), "any");
    writeFileSync(join(dir, "keys", `policy-${kid}.json`), JSON.stringify(sealed));
    const file = (name: string) => join(dir, name);
    writeFileSync(file("dashed.json"), await keys(dir, "public", kid));
    writeFileSync(file("policy.json"), policy);
    writeFileSync(file("root.json"), root);
    const both = ["--policy", file("policy.json"), "--policy", file("dashed.json"), "--root", file("root.json")];
    await keys(dir, "keyset", "first", "--platform", "x.test", ...both, "--threshold", "1", "--out", file("1.json"));
    expect(await keys(dir, "keyset", "show", file("1.json"))).toContain(kid);
    const from = ["--from", file("1.json")];
    await keys(dir, "keyset", "next", ...from, "--remove-policy", kid, "--out", file("2.json"));
    expect(await keys(dir, "keyset", "show", file("2.json"))).not.toContain(kid);
  });
});

describe("key files", () => {
  it("hold no private key in the clear, and do not open with another passphrase", async () => {
    const dir = join(elsewhere, "sealed");
    await keys(dir, "policy", "create");
    const [name] = readdirSync(join(dir, "keys")).filter((entry) => entry.startsWith("policy-"));
    const text = readFileSync(join(dir, "keys", name ?? ""), "utf8");
    expect(text).not.toContain('"d"');
    expect(text).not.toContain("PRIVATE");
    const kid = (name ?? "").slice("policy-".length, -".json".length);
    const wrong = openKeyFolder({ dir: join(dir, "keys"), secret: "another passphrase", clock: systemClock });
    await expect(wrong.open("policy", kid)).rejects.toMatchObject({ code: "unavailable" });
    const right = openKeyFolder({
      dir: join(dir, "keys"),
      secret: PASSPHRASE.BULKHEAD_KEYS_PASSPHRASE,
      clock: systemClock,
    });
    expect((await right.open("policy", kid)).type).toBe("private");
  });

  it("do not open when their public half was exchanged", async () => {
    const { jwk, thumbprint } = createDeviceKey();
    const createdAt = new Date(0).toISOString();
    const sealed = sealKey(
      { use: "policy", kid: thumbprint, jwk, createdAt },
      new Uint8Array([1, 2, 3]),
      "secret-secret",
    );
    expect(openKey(sealed, "secret-secret")).toEqual(Buffer.from([1, 2, 3]));
    expect(openKey({ ...sealed, kid: "other" }, "secret-secret")).toBeNull();
    expect(openKey({ ...sealed, use: "root" }, "secret-secret")).toBeNull();
  });
});
