import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { planFirstKeyset } from "../keyset/keyset-claims";
import { createFileSigner } from "./file-keys";
import { openKeyFolder } from "./key-folder";
import { createProtectionSecret, findProtectionSecret } from "./protection-secret";
import { SEAL_COST_OF_TESTS } from "./sealed-key";
import { trialSignature } from "./trial-signature";

const clock = { nowMs: () => Date.parse("2026-03-01T00:00:00Z") };
const SECRET = "a passphrase for tests";
let dir: string;
let keyset: KeysetClaims;
let kid: string;

const folderOf = (secret: string | null = SECRET) =>
  openKeyFolder({ dir, secret, clock, sealCost: SEAL_COST_OF_TESTS });
const trial = async (secret: string | null = SECRET) => trialSignature(keyset, createFileSigner(folderOf(secret)));
const policyFile = () => join(dir, readdirSync(dir).find((name) => name.startsWith("policy-")) ?? "");

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "bulkhead-keys-"));
  const folder = folderOf();
  const policy = await folder.create("policy");
  const root = await folder.create("root");
  const plan = planFirstKeyset({
    platform: "trial.example",
    environment: "development",
    policyKeys: [{ kid: policy.kid, jwk: policy.jwk }],
    rootKeys: [{ kid: root.kid, jwk: root.jwk }],
    threshold: 1,
    nowSeconds: clock.nowMs() / 1000,
  });
  if (!plan.ok) throw new Error(plan.problem);
  keyset = plan.claims;
  kid = policy.kid;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("a trial signature", () => {
  it("says that a suspension would get out, and by which key", async () => {
    expect(await trial()).toEqual({ result: "signs", kid });
  });

  it("tells a lost key", async () => {
    rmSync(policyFile());
    expect(await trial()).toMatchObject({ result: "cannot_sign", fault: "KEY_MISSING" });
  });

  it("tells a lost folder", async () => {
    rmSync(dir, { recursive: true });
    expect(await trial()).toMatchObject({ result: "cannot_sign", fault: "KEY_MISSING" });
  });

  it("tells a key that was cut short", async () => {
    truncateSync(policyFile(), 40);
    expect(await trial()).toMatchObject({ result: "cannot_sign", fault: "FOLDER_UNREADABLE" });
  });

  it("tells a key of another platform", async () => {
    rmSync(policyFile());
    await folderOf().create("policy");
    expect(await trial()).toMatchObject({ result: "cannot_sign", fault: "KEY_FOREIGN" });
  });

  it("tells a passphrase that is another one, and one that is missing", async () => {
    expect(await trial("another passphrase")).toMatchObject({ result: "cannot_sign", fault: "KEY_SHUT" });
    expect(await trial(null)).toMatchObject({ result: "cannot_sign", fault: "KEY_SHUT" });
  });

  it("tells a file in which another key was put under the trusted name", async () => {
    const other = await folderOf().create("policy");
    const text = readFileSync(join(dir, `policy-${other.kid}.json`), "utf8");
    rmSync(join(dir, `policy-${other.kid}.json`));
    writeFileSync(policyFile(), JSON.stringify({ ...JSON.parse(text), kid }));
    expect(await trial()).toMatchObject({ result: "cannot_sign", fault: "KEY_SWAPPED" });
  });

  it("goes on signing with a key that has signed, when its file is lost while it runs", async () => {
    const signer = createFileSigner(folderOf());
    expect(await trialSignature(keyset, signer)).toMatchObject({ result: "signs" });
    renameSync(policyFile(), join(dir, "elsewhere"));
    expect(await trialSignature(keyset, signer)).toMatchObject({ result: "signs" });
  });

  it("tells a platform without a keyset", async () => {
    expect(await trialSignature(null, createFileSigner(folderOf()))).toMatchObject({ fault: "NO_KEYSET" });
  });
});

describe("the secret that protects keys", () => {
  it("is never made up beside keys that it should open", async () => {
    const before = readdirSync(dir);
    await expect(findProtectionSecret(dir, {})).rejects.toMatchObject({ code: "unavailable" });
    await expect(createProtectionSecret(dir, {})).rejects.toMatchObject({ code: "unavailable" });
    expect(readdirSync(dir)).toEqual(before);
  });

  it("is made once where nothing is sealed yet", async () => {
    const empty = join(dir, "empty");
    expect(await findProtectionSecret(empty, {})).toBeNull();
    const made = await createProtectionSecret(empty, {});
    expect(await findProtectionSecret(empty, {})).toEqual(made);
  });
});

describe("the session's salt", () => {
  it("is not made again by looking: without it there is no key", async () => {
    expect(await folderOf().sessionKey()).toBeNull();
    await folderOf().createSessionSalt();
    const key = await folderOf().sessionKey();
    expect(key).toHaveLength(32);
    truncateSync(join(dir, "session.salt"), 5);
    expect(await folderOf().sessionKey()).toBeNull();
  });
});
