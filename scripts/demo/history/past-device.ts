import { randomBytes } from "node:crypto";
import { createDeviceKey, enrollBody, tokenBody } from "@/lib/sync/testing/device-key";
import table from "@/native/catalog/public-suffixes.json" with { type: "json" };
import { CONFINEMENT_LAYERS } from "@/native/core/confinement/layers";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { readPublicSuffixes } from "@/native/core/decide/public-suffixes";
import { type DocumentPosition, verifyDocument } from "@/native/core/documents/verify-document";
import { type VerifyKeysetInput, verifyKeyset } from "@/native/core/documents/verify-keyset";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";
import type { TelemetryAnswer, TelemetryBatch } from "@/native/core/telemetry/batch";
import type { EnrolmentFile } from "@/native/core/wire/enroll";
import { nodeCrypto } from "@/native/node/crypto";

const suffixes = readPublicSuffixes(table);
/** Calls the devices' doors, without a network: the path under `/api/runtime/v1/`. */
export type CallDoor = (path: string, init?: RequestInit) => Promise<Response>;

export type PastDevice = {
  readonly deviceId: string;
  /** Makes sure of an access token. */
  wake(): Promise<void>;
  /** Fetches, verifies and holds the platform's document, and of these programs' those that it lacks or that are said to be new. */
  pull(appIds: readonly string[], isNew?: (appId: string) => boolean): Promise<void>;
  /** How long the platform's document still holds; 0 where there is none. */
  staysSeconds(): number;
  /** By what it holds; null where it holds none, or may not run it. */
  policyOf(appId: string): {
    policy: CompiledPolicy;
    program: ProgramClaims;
    applied: { epoch: number; platform: number; program: number };
  } | null;
  /** Sends what it counted. Raises where any of it is not taken. */
  report(counted: Pick<TelemetryBatch, "programs" | "events">): Promise<void>;
};

/** A device of the past: enrols with a key of its own, and judges everything by the core, as every runtime does. */
export async function enrolPastDevice(
  call: CallDoor,
  file: EnrolmentFile,
  options: { nowSeconds(): number; missingLayer: string | null },
): Promise<PastDevice> {
  const { nowSeconds } = options;
  const key = createDeviceKey();
  const { platform } = file;
  const layers = CONFINEMENT_LAYERS.map((name) =>
    name === options.missingLayer
      ? { name, active: false, reason: "not permitted on this machine" }
      : { name, active: true },
  );
  const runtime = { kind: "linux" as const, version: "0.1.0", layers };
  const post = async <T>(path: string, body: unknown, token?: string): Promise<T> => {
    const headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const answer = await call(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const enrolled = await post<{ deviceId: string }>("enroll", {
    ...enrollBody(key, file.token, { platform, iat: nowSeconds() }),
    runtime,
  });
  const { deviceId } = enrolled;
  let token = Promise.resolve("");
  let tokenUntil = 0;
  const access = () => {
    if (tokenUntil > nowSeconds()) return token;
    // Whoever asks meanwhile waits for the same one.
    tokenUntil = nowSeconds() + 1;
    token = post<{ accessToken: string; expiresInSeconds: number }>(
      "token",
      tokenBody(key, { platform, deviceId, iat: nowSeconds() }),
    ).then(({ accessToken, expiresInSeconds }) => {
      tokenUntil = nowSeconds() + expiresInSeconds - 60;
      return accessToken;
    });
    return token;
  };
  const get = async (path: string): Promise<string> => {
    const answer = await call(path, { headers: { authorization: `Bearer ${await access()}` } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${text}`);
    return text;
  };

  const held: { keyset: KeysetClaims | null; platform: PlatformClaims | null } = { keyset: null, platform: null };
  const programs = new Map<string, ProgramClaims>();
  const policies = new Map<string, CompiledPolicy>();
  const stored = new Map<string, DocumentPosition>();
  let sequence = 0;

  async function walkKeysets(): Promise<void> {
    const trusted: VerifyKeysetInput["trusted"] = held.keyset ?? file;
    const path = held.keyset === null ? "keyset" : `keyset/${held.keyset.revision + 1}`;
    const answer = await call(path);
    const jws = await answer.text();
    if (answer.status !== 200) return;
    const verdict = verifyKeyset({ jws, trusted, platform, now: nowSeconds(), crypto: nodeCrypto });
    if (verdict.result !== "accepted") throw new Error(`a keyset was refused: ${verdict.code}`);
    held.keyset = verdict.document.claims;
    await walkKeysets();
  }

  async function take<T extends "bulkhead-platform" | "bulkhead-program">(type: T, path: string, appId?: string) {
    if (held.keyset === null) throw new Error("no keyset");
    const name = appId ?? "";
    const floor = stored.get(name);
    const verdict = verifyDocument({
      ...{
        jws: await get(path),
        keyset: held.keyset,
        type,
        platform,
        now: nowSeconds(),
        crypto: nodeCrypto,
        publicSuffixes: suffixes,
      },
      ...(appId === undefined ? {} : { appId }),
      ...(floor === undefined ? {} : { stored: floor }),
    });
    if (verdict.result !== "accepted") throw new Error(`${path} was refused: ${verdict.code}`);
    const { claims, payloadSha256 } = verdict.document;
    stored.set(name, { epoch: claims.epoch, revision: claims.revision, sha256: payloadSha256 });
    return claims;
  }

  return {
    deviceId,
    wake: async () => void (await access()),
    async pull(appIds, isNew = () => false) {
      if (held.keyset === null) await walkKeysets();
      const platformDocument = await take("bulkhead-platform", "platform");
      const { epoch } = platformDocument;
      const due = appIds.filter((appId) => isNew(appId) || programs.get(appId)?.epoch !== epoch);
      await Promise.all(
        due.map(async (appId) => programs.set(appId, await take("bulkhead-program", `programs/${appId}`, appId))),
      );
      held.platform = platformDocument;
      policies.clear();
    },
    staysSeconds: () => (held.platform?.exp ?? 0) - nowSeconds(),
    policyOf(appId) {
      const program = programs.get(appId);
      if (program === undefined || held.platform === null) return null;
      const policy = policies.get(appId) ?? compilePolicy(program, held.platform);
      policies.set(appId, policy);
      if (policy.isSuspended || policy.isSuperseded) return null;
      const { epoch, revision } = held.platform;
      return { policy, program, applied: { epoch, platform: revision, program: program.revision } };
    },
    async report(counted) {
      sequence += 1;
      const { epoch = 0, revision = 0 } = held.platform ?? {};
      const applied = {
        ...{ epoch, keyset: held.keyset?.revision ?? 0, platform: revision },
        programs: Object.fromEntries([...programs].map(([appId, claims]) => [appId, claims.revision])),
      };
      const batch: TelemetryBatch = {
        batchId: randomBytes(12).toString("hex"),
        sequence,
        sentAt: nowSeconds(),
        runtime,
        applied,
        discarded: [],
        ...counted,
      };
      const answer = await post<TelemetryAnswer>("telemetry", batch, await access());
      if (answer.rejected.length > 0)
        throw new Error(`an honest batch was refused: ${JSON.stringify(answer.rejected)}`);
    },
  };
}
