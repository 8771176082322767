import { signCompact, signKeyset } from "../../../core/documents/sign-document";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../../../core/shapes/claims";
import { makeKeyPair } from "../../../node/make-key-pair";
import { type DeviceKey, deviceKeyOf } from "../../state/device-key";

/** Keys and documents of a platform for tests: everything is signed for real, and everything can be signed wrongly. */
export const NOW = 1_800_000_000;
export const PLATFORM = "superapp.test";
export const APP = "com.example.app";
export const HOUR = 3600;
export const DAY = 24 * HOUR;

export function newKey(): DeviceKey {
  return deviceKeyOf(makeKeyPair().privateKey);
}

const named = (key: DeviceKey) => ({ kid: key.thumbprint, jwk: key.publicJwk });

export type SigningPlatform = {
  readonly rootThumbprints: readonly string[];
  /** A keyset of these claims, signed by the roots named (all of them unless told otherwise). */
  keyset(claims?: Partial<KeysetClaims>, signers?: readonly DeviceKey[]): Promise<Uint8Array>;
  platform(claims?: Partial<PlatformClaims>, signer?: DeviceKey): Promise<Uint8Array>;
  program(claims?: Partial<ProgramClaims>, signer?: DeviceKey): Promise<Uint8Array>;
  readonly root: DeviceKey;
  readonly policy: DeviceKey;
  keysetClaims(claims?: Partial<KeysetClaims>): KeysetClaims;
};

export function createSigningPlatform(): SigningPlatform {
  const root = newKey();
  const policy = newKey();
  const common = { schema: 1 as const, platform: PLATFORM, epoch: 1, revision: 1, iat: NOW };
  const keysetClaims = (claims: Partial<KeysetClaims> = {}): KeysetClaims => ({
    ...common,
    exp: NOW + 100 * DAY,
    environment: "development",
    keys: [named(policy)],
    rootKeys: [named(root)],
    threshold: 1,
    ...claims,
  });
  const compact = async (typ: string, claims: PlatformClaims | ProgramClaims, key: DeviceKey) =>
    Buffer.from(await signCompact({ typ, kid: key.thumbprint, claims, sign: key.sign }));
  return {
    root,
    policy,
    rootThumbprints: [root.thumbprint],
    keysetClaims,
    async keyset(claims, signers = [root]) {
      const keys = signers.map((key) => ({ kid: key.thumbprint, sign: key.sign }));
      return Buffer.from(await signKeyset({ claims: keysetClaims(claims), signers: keys }));
    },
    platform: (claims = {}, signer = policy) =>
      compact(
        "bulkhead-platform",
        {
          ...common,
          exp: (claims.iat ?? NOW) + DAY,
          limits: {},
          blockedHosts: [],
          suspended: [],
          minRevisions: {},
          minRuntime: {},
          graceSeconds: 3 * DAY,
          telemetry: { intervalSeconds: 5, sampling: 100 },
          auditHead: { sequence: 1, sha256: "0".repeat(64) },
          ...claims,
        },
        signer,
      ),
    program: (claims = {}, signer = policy) =>
      compact(
        "bulkhead-program",
        {
          ...common,
          exp: (claims.iat ?? NOW) + 30 * DAY,
          appId: APP,
          status: "active",
          versions: [],
          publisherKeys: [],
          grants: {},
          hosts: [],
          limits: {},
          receives: [],
          externalRoutes: [],
          ...claims,
        },
        signer,
      ),
  };
}
