import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keysets } from "@/db/schema";
import { postgresServer } from "@/db/testing/postgres-server";
import { systemClock } from "@/lib/platform/clock";
import { openKeyFolder } from "@/lib/sync/keys/key-folder";
import { createProtectionSecret } from "@/lib/sync/keys/protection-secret";
import { trialSignature } from "@/lib/sync/keys/trial-signature";
import { createRuntimeApi } from "@/lib/sync/runtime/runtime-api";
import { type OpenedProcess, openProcess } from "./open-process";
import { readServerOptions } from "./server-options";

const ROUNDS = 10;
let data: string;
let keysDir: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "bulkhead-first-start-"));
  keysDir = join(data, "keys");
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function start(url: string, variables: Record<string, string> = {}): Promise<OpenedProcess> {
  const parsed = readServerOptions(["--data", data], { DATABASE_URL: url, ...variables });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return openProcess(parsed.options, "http://localhost:3000");
}

const keyFiles = () => readdirSync(keysDir).filter((name) => /^(policy|root)-/.test(name));
const emptyDatabase = async () => (await postgresServer()).createDatabase();

describe("several processes at once on an empty database", () => {
  it.each(Array.from({ length: ROUNDS }, (_, n) => n + 1))(
    "make one platform with one set of keys, and all sign (round %i)",
    async () => {
      const url = await emptyDatabase();
      const opened = await Promise.all([1, 2, 3, 4].map(() => start(url)));
      for (const { context } of opened) {
        const stored = await context.store.db.select().from(keysets);
        expect(stored).toHaveLength(1);
        const claims = stored[0]?.claims ?? null;
        expect(await trialSignature(claims, context.signer)).toMatchObject({ result: "signs" });
        const named = [...(claims?.keys ?? []), ...(claims?.rootKeys ?? [])].map(({ kid }) => kid);
        expect(keyFiles().map((name) => name.replace(/^(policy|root)-|\.json$/g, ""))).toEqual(
          expect.arrayContaining(named),
        );
        expect(keyFiles()).toHaveLength(named.length);
      }
      expect(new Set(opened.map(({ context }) => context.config.authSecret)).size).toBe(1);
      await Promise.all(opened.map((process) => process.close()));
    },
  );
});

describe("a start", () => {
  it("takes up the keys of a first start that was cut off before its keyset was stored", async () => {
    const { secret } = await createProtectionSecret(keysDir, {});
    const folder = openKeyFolder({ dir: keysDir, secret, clock: systemClock });
    const made = [await folder.create("root"), await folder.create("root"), await folder.create("policy")];
    const opened = await start(await emptyDatabase());
    expect(keyFiles()).toHaveLength(4);
    expect(keyFiles()).toEqual(expect.arrayContaining(made.map(({ use, kid }) => `${use}-${kid}.json`)));
    await opened.close();
  });

  it("refuses where what protects the keys is lost, and makes nothing up", async () => {
    const url = await emptyDatabase();
    await (await start(url)).close();
    rmSync(join(keysDir, "protection.key"));
    const before = readdirSync(keysDir);
    await expect(start(url)).rejects.toMatchObject({ code: "unavailable" });
    expect(readdirSync(keysDir)).toEqual(before);
  });

  it("goes on without its keys, says that a suspension would fail, and makes none beside the keyset", async () => {
    const url = await emptyDatabase();
    await (await start(url)).close();
    const copy = join(data, "copy");
    cpSync(keysDir, copy, { recursive: true });
    const losses: [string, () => void, Record<string, string>][] = [
      ["the folder", () => rmSync(keysDir, { recursive: true }), {}],
      ["the policy key", () => rmSync(join(keysDir, keyFiles().find((name) => name.startsWith("policy-")) ?? "")), {}],
      ["the passphrase", () => undefined, { BULKHEAD_KEYS_PASSPHRASE: "another passphrase" }],
    ];
    for (const [title, lose, variables] of losses) {
      lose();
      const before = readdirSync(data).includes("keys") ? keyFiles() : [];
      const opened = await start(url, variables);
      expect(opened.warnings.join("\n"), title).toContain("A suspension would fail now.");
      expect(keyFiles(), title).toEqual(before);
      const { store, bundles } = opened.context;
      const runtime = createRuntimeApi({
        store,
        bundles,
        ctx: opened.context,
        accessKey: randomBytes(32),
        validatesOutput: true,
      });
      const platform = await runtime.handlers.platform(new Request("http://x.test/api/runtime/v1/platform"));
      expect(platform.status, title).toBe(200);
      await opened.close();
      rmSync(keysDir, { recursive: true });
      cpSync(copy, keysDir, { recursive: true });
    }
  });

  it("never makes a lost session salt anew, and says that sessions end with the process", async () => {
    const url = await emptyDatabase();
    await (await start(url)).close();
    rmSync(join(keysDir, "session.salt"));
    const opened = await start(url);
    expect(opened.warnings.join("\n")).toContain("session create");
    expect(readdirSync(keysDir)).not.toContain("session.salt");
    await opened.close();
  });

  it("tells which root keys it takes from the database where roots.json is lost, and says nothing of them otherwise", async () => {
    const url = await emptyDatabase();
    const first = await start(url);
    const kept = readFileSync(join(keysDir, "roots.json"), "utf8");
    await first.close();
    rmSync(join(keysDir, "roots.json"));
    const lost = await start(url);
    const { rootThumbprints } = JSON.parse(kept) as { rootThumbprints: string[] };
    const told = lost.warnings.filter((warning) => warning.includes("roots.json was not there"));
    expect(told).toEqual([expect.stringContaining(rootThumbprints.join(","))]);
    await lost.close();
    const later = await start(url);
    expect(readFileSync(join(keysDir, "roots.json"), "utf8")).toBe(kept);
    for (const { warnings } of [first, later]) expect(warnings.join()).not.toContain("roots.json");
    await later.close();
  });

  it("makes no keys on an empty store beside the keyset of another", async () => {
    await (await start(await emptyDatabase())).close();
    const before = readdirSync(keysDir);
    const second = await emptyDatabase();
    await expect(start(second)).rejects.toMatchObject({ code: "unavailable" });
    expect(readdirSync(keysDir)).toEqual(before);
  });
});
