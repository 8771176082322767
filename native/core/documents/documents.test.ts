import { type KeyObject, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { makeKeyPair } from "../../node/make-key-pair";
import { publicKeyShape } from "../crypto/public-key";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { readProgramClaims } from "./read-claims";
import { addKeysetSignature, signCompact, signKeyset } from "./sign-document";
import { type DocumentPosition, verifyDocument } from "./verify-document";
import { verifyKeyset } from "./verify-keyset";

const NOW = 1_700_000_000;
const DAY = 86_400;
const publicSuffixes = { coversSuffix: (name: string) => !name.includes(".") };
const makeKey = () => makeKeyPair();
const jwkOf = (key: KeyObject) => publicKeyShape.parse(key.export({ format: "jwk" }));
const signWith = (key: KeyObject) => async (data: Uint8Array) =>
  new Uint8Array(sign("sha256", data, { key, dsaEncoding: "ieee-p1363" }));

const policy = makeKey();
const roots = [makeKey(), makeKey(), makeKey()] as const;
const common = { schema: 1, platform: "super.test", epoch: 1, revision: 5, iat: NOW, exp: NOW + DAY } as const;
const platformClaims: PlatformClaims = {
  ...common,
  limits: {},
  blockedHosts: [],
  suspended: ["com.example.bad"],
  minRevisions: {},
  minRuntime: {},
  graceSeconds: DAY,
  telemetry: { intervalSeconds: 60, sampling: 100 },
  auditHead: { sequence: 0, sha256: "0".repeat(64) },
};
const keysetClaims = (changes: Partial<KeysetClaims> = {}): KeysetClaims => ({
  ...common,
  exp: NOW + 100 * DAY,
  environment: "development",
  keys: [{ kid: "policy", jwk: jwkOf(policy.publicKey) }],
  rootKeys: roots.map(({ publicKey }, index) => ({ kid: `root-${index}`, jwk: jwkOf(publicKey) })),
  threshold: 2,
  ...changes,
});

const signPlatform = (changes: Partial<PlatformClaims> = {}) =>
  signCompact({
    typ: "bulkhead-platform",
    kid: "policy",
    claims: { ...platformClaims, ...changes },
    sign: signWith(policy.privateKey),
  });
const verify = (jws: string | Uint8Array, more: { now?: number; clock?: number; stored?: DocumentPosition } = {}) =>
  verifyDocument({
    jws,
    keyset: keysetClaims(),
    type: "bulkhead-platform",
    platform: "super.test",
    now: NOW,
    crypto: nodeCrypto,
    publicSuffixes,
    ...more,
  });
const NEVER = { epoch: 1, revision: 4, sha256: "0" };
const signers = (...indexes: number[]) =>
  indexes.map((index) => ({ kid: `root-${index}`, sign: signWith((roots[index] ?? roots[0]).privateKey) }));

describe("a clock that was wrong", () => {
  it("refuses no newer platform document for good: below the last verified time it is judged by the clock alone", async () => {
    const jws = await signPlatform();
    const ahead = { now: NOW + 2 * DAY, stored: NEVER };
    expect((await verify(jws, ahead)).code).toBe("EXPIRED");
    expect((await verify(jws, { ...ahead, clock: NOW + 60 })).code).toBe("ACCEPTED");
    expect((await verify(jws, { ...ahead, clock: NOW + DAY })).code).toBe("EXPIRED");
    expect((await verify(jws, { ...ahead, clock: NOW - 301 })).code).toBe("NOT_YET_VALID");
  });

  it("makes no document good again that a device has had: a clock set back revives nothing", async () => {
    const jws = await signPlatform();
    const first = await verify(jws);
    const sha256 = first.result === "accepted" ? first.document.payloadSha256 : "";
    const again = { now: NOW + 2 * DAY, clock: NOW, stored: { epoch: 1, revision: 5, sha256 } };
    expect((await verify(jws, again)).code).toBe("EXPIRED");
  });

  it("ends no keyset for good: what a newer platform document is judged by judges its keyset too", async () => {
    const keyset = { now: NOW + 101 * DAY, stored: NEVER };
    const jws = await signPlatform();
    expect((await verify(jws, keyset)).code).toBe("UNKNOWN_KEY");
    expect((await verify(jws, { ...keyset, clock: NOW + 60 })).code).toBe("ACCEPTED");
    expect((await verify(jws, { ...keyset, clock: NOW + 100 * DAY })).code).toBe("UNKNOWN_KEY");
    const held = { ...keyset, stored: { ...NEVER, revision: 5 } };
    expect((await verify(jws, { ...held, clock: NOW + 60 })).code).toBe("UNKNOWN_KEY");
  });

  it("is no way around the time for what was issued after the last verified one", async () => {
    const jws = await signPlatform({ iat: NOW + 400, exp: NOW + DAY });
    expect((await verify(jws, { now: NOW, clock: NOW + 400, stored: NEVER })).code).toBe("NOT_YET_VALID");
  });
});

describe("documents", () => {
  it("that were signed here are accepted, as text and as bytes", async () => {
    const jws = await signPlatform();
    const verdict = await verify(jws);
    expect(verdict).toMatchObject({ result: "accepted", document: { claims: platformClaims } });
    expect(await verify(new TextEncoder().encode(jws))).toEqual(verdict);
  });

  it("cut off after any byte are refused", async () => {
    const jws = await signPlatform();
    for (let length = 0; length < jws.length; length += 1) {
      expect((await verify(jws.slice(0, length))).result).toBe("refused");
    }
  });

  it("with any one byte changed are refused", async () => {
    const jws = await signPlatform();
    for (let at = 0; at < jws.length; at += 3) {
      const changed = `${jws.slice(0, at)}${jws.charAt(at) === "A" ? "B" : "A"}${jws.slice(at + 1)}`;
      expect((await verify(changed)).result).toBe("refused");
    }
  });

  it("that are newer and expired hand over their floor and suspensions, older ones nothing", async () => {
    const jws = await signPlatform();
    const late = { now: NOW + 2 * DAY };
    expect(await verify(jws, { ...late, stored: { epoch: 1, revision: 4, sha256: "0" } })).toMatchObject({
      code: "EXPIRED",
      expired: { claims: { revision: 5, suspended: ["com.example.bad"] } },
    });
    const accepted = await verify(jws);
    const sha256 = accepted.result === "accepted" ? accepted.document.payloadSha256 : "";
    expect(await verify(jws, { ...late, stored: { epoch: 1, revision: 5, sha256 } })).toEqual({
      result: "refused",
      code: "EXPIRED",
    });
  });

  it("from the future or of a newer epoch raise no floor", async () => {
    const future = await verify(await signPlatform({ iat: NOW + 301 }));
    const epoch = await verify(await signPlatform({ epoch: 2, iat: NOW - DAY, exp: NOW }));
    expect([future, epoch]).toEqual(Array(2).fill({ result: "refused", code: "NOT_YET_VALID" }));
  });

  it("are sealed by the two verifiers alone", () => {
    const native = fileURLToPath(new URL("../../", import.meta.url));
    const sealers = readdirSync(native, { recursive: true, encoding: "utf8" }).filter(
      (file) =>
        /\.ts$/.test(file) &&
        !file.endsWith(".test.ts") &&
        readFileSync(native + file, "utf8").includes("sealVerified"),
    );
    expect(sealers.sort()).toEqual([
      "core/documents/verified-document.ts",
      "core/documents/verify-document.ts",
      "core/documents/verify-keyset.ts",
    ]);
  });
});

describe("keysets", () => {
  it("gather signatures one by one, over the same bytes", async () => {
    const alone = await signKeyset({ claims: keysetClaims(), signers: signers(0) });
    const both = await addKeysetSignature(alone, { kid: "root-2", sign: signWith(roots[2].privateKey) });
    const ask = (jws: string) =>
      verifyKeyset({
        jws,
        trusted: keysetClaims({ revision: 4 }),
        platform: "super.test",
        now: NOW,
        crypto: nodeCrypto,
      });
    expect(await ask(alone)).toEqual({ result: "refused", code: "BAD_SIGNATURE" });
    expect(await ask(both ?? "")).toMatchObject({ result: "accepted", document: { claims: { revision: 5 } } });
  });

  it("that have expired hand over their claims, to lead to their successor", async () => {
    const jws = await signKeyset({ claims: keysetClaims(), signers: signers(0, 1) });
    const verdict = verifyKeyset({
      jws,
      trusted: keysetClaims({ revision: 4 }),
      platform: "super.test",
      now: NOW + 150 * DAY,
      crypto: nodeCrypto,
    });
    expect(verdict).toMatchObject({ code: "EXPIRED", expired: { claims: { revision: 5 } } });
  });
});

describe("claims", () => {
  const program: ProgramClaims = {
    ...common,
    appId: "com.example.notes",
    status: "active",
    versions: [],
    publisherKeys: [],
    grants: {},
    hosts: [],
    limits: {},
    receives: [],
    externalRoutes: [],
  };
  const rule = { host: "*.example.com", ports: [443], purposes: ["request"], fromVersion: 3 };
  const read = (changes: Record<string, unknown>) =>
    readProgramClaims(JSON.parse(JSON.stringify({ ...program, ...changes })));

  it.each([
    ["a member", { ...rule, methods: ["GET"] }],
    ["a purpose", { ...rule, purposes: ["request", "teleport"] }],
    ["a port", { ...rule, ports: [70_000] }],
    ["a member of pins", { ...rule, pins: { sha256: [], until: 1, mode: "enforce", backup: 1 } }],
    ["a mode of pins", { ...rule, pins: { sha256: [], until: 1, mode: "warn" } }],
    ["the flag by which we mark it ourselves", { ...rule, inert: false }],
  ])("keep a host rule with %s that nobody knows in its place, and inert", (_, unknown) => {
    const result = read({ hosts: [rule, unknown] });
    expect(result.ok && result.claims.hosts).toEqual([rule, { inert: true, host: "*.example.com", fromVersion: 3 }]);
  });

  it.each([
    ["a member", { consent: "none", moon: 1 }],
    ["a consent", { consent: "twice" }],
    ["a constraint", { consent: "none", constraints: { perHour: 1 } }],
    ["a constraint's value", { consent: "none", constraints: { foregroundOnly: false } }],
    ["an amount without a currency", { consent: "none", constraints: { maxAmountMinor: 5 } }],
  ])("keep a grant with %s that nobody knows, and inert", (_, grant) => {
    const result = read({ grants: { "device.info": grant } });
    expect(result.ok && result.claims.grants).toEqual({ "device.info": { inert: true } });
  });

  it.each([
    ["a host rule that is no object", { hosts: ["a.example.com"] }],
    ["a host rule of another type within", { hosts: [{ ...rule, ports: "443" }] }],
    ["a grant that lacks its consent", { grants: { "device.info": {} } }],
    ["an end of another type", { grants: { "device.info": { consent: "none", until: "soon" } } }],
  ])("with %s are refused", (_, changes) => {
    expect(read(changes)).toEqual({ ok: false });
  });

  it("of nobody's signing may leave out what was not asked for, and nothing that was", () => {
    expect(readProgramClaims({ hosts: [] }, ["hosts"]).ok).toBe(true);
    expect(readProgramClaims({ grants: {} }, ["hosts"])).toEqual({ ok: false });
    expect(readProgramClaims({ hosts: [] })).toEqual({ ok: false });
    const bare = { versions: [{ code: 1 }], grants: { "device.info": {} }, hosts: [{ host: "a.example.com" }] };
    expect(readProgramClaims(bare, [])).toMatchObject({
      claims: {
        versions: [{ code: 1, declares: [] }],
        grants: { "device.info": { consent: "ask" } },
        hosts: [{ host: "a.example.com", ports: [], purposes: [] }],
      },
    });
    expect(readProgramClaims({ versions: [{ declares: [] }] }, [])).toEqual({ ok: false });
  });
});
