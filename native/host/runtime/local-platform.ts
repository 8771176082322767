import { createHash, sign as signDer } from "node:crypto";
import { isPublicCapability } from "../../core/decide/catalog";
import { signCompact, signKeyset } from "../../core/documents/sign-document";
import type { Manifest } from "../../core/manifest/manifest-shape";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../../core/shapes/claims";
import { type TelemetryBatch, telemetryBatchShape } from "../../core/telemetry/batch";
import { BUNDLE_SIGNATURE_HEADER } from "../../core/wire/bundle-signature";
import type { EnrolmentFile } from "../../core/wire/enroll";
import { makeKeyPair } from "../../node/make-key-pair";
import type { HostClock } from "../ports";
import { deviceKeyOf } from "../state/device-key";
import type { HttpAnswer, HttpRequest, HttpTransport } from "../sync/http-transport";

/**
 * A platform inside the process, for `bulkhead run DIR` and development hosts (spec §4). It signs real documents with keys
 * of its own, grants what manifests ask for, and is reached as any platform is, so that a program under development
 * goes through every check that it will meet on a device. Its keyset says `development`.
 */
export type LocalPlatform = {
  transport: HttpTransport;
  enrolmentFile: EnrolmentFile;
  /** Publishes a version as the only one of its program. */
  add(manifest: Manifest, bundle: Uint8Array): Promise<{ appId: string; versionCode: number }>;
};

const URL_OF_LOCAL = "https://local.platform.invalid";
const BASE = `${URL_OF_LOCAL}/api/runtime/v1`;
const DAY = 86_400;
const TOKEN_SECONDS = 3600;

export async function createLocalPlatform(options: {
  clock: HostClock;
  randomId(): string;
  /** Hears of each batch: denials and events are what a developer wants to see. */
  onBatch(batch: TelemetryBatch): void;
  /** Whether the person is asked for what is not public. */
  consent: "none" | "ask";
}): Promise<LocalPlatform> {
  const { clock } = options;
  const root = newKey();
  const policy = newKey();
  const publisher = newKey();
  const platformId = "local";
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000);
  const startedAt = nowSeconds();
  const keyset: KeysetClaims = {
    schema: 1,
    platform: platformId,
    epoch: 1,
    revision: 1,
    iat: startedAt,
    exp: startedAt + 199 * DAY,
    environment: "development",
    keys: [{ kid: policy.key.thumbprint, jwk: policy.key.publicJwk }],
    rootKeys: [{ kid: root.key.thumbprint, jwk: root.key.publicJwk }],
    threshold: 1,
  };
  const keysetText = await signKeyset({
    claims: keyset,
    signers: [{ kid: root.key.thumbprint, sign: root.key.sign }],
  });
  /** By the app id, each its newest document; and bundles by their digest. */
  const programs = new Map<string, { text: string; revision: number }>();
  const bundles = new Map<string, { bytes: Uint8Array; signature: string }>();
  /** Signed anew each hour, so that it is never near its end. */
  let platformDocument = { text: "", revision: 0, iat: 0 };

  function common(revision: number, iat: number, lifeSeconds: number) {
    return { schema: 1 as const, platform: platformId, epoch: 1, revision, iat, exp: iat + lifeSeconds };
  }

  function signed(typ: string, claims: PlatformClaims | ProgramClaims): Promise<string> {
    return signCompact({ typ, kid: policy.key.thumbprint, claims, sign: policy.key.sign });
  }

  async function add(manifest: Manifest, bytes: Uint8Array): Promise<{ appId: string; versionCode: number }> {
    const appId = manifest.app_id;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const signature = signDer("sha256", bytes, publisher.privateKey).toString("base64url");
    const revision = (programs.get(appId)?.revision ?? 0) + 1;
    const claims = programClaims(manifest, revision, { sha256, size: bytes.byteLength });
    programs.set(appId, { text: await signed("bulkhead-program", claims), revision });
    bundles.set(sha256, { bytes, signature });
    return { appId, versionCode: manifest.version.code };
  }

  function programClaims(
    manifest: Manifest,
    revision: number,
    bundle: { sha256: string; size: number },
  ): ProgramClaims {
    const declares = [...new Set((manifest.req_permissions ?? []).map(({ name }) => name))];
    const { code, name } = manifest.version;
    return {
      ...common(revision, startedAt, 89 * DAY),
      appId: manifest.app_id,
      status: "active",
      versions: [{ code, name, ...bundle, kid: publisher.key.thumbprint, declares }],
      publisherKeys: [{ kid: publisher.key.thumbprint, jwk: publisher.key.publicJwk, status: "active" }],
      grants: Object.fromEntries(declares.map((capability) => [capability, { consent: consentOf(capability) }])),
      hosts: (manifest.bulkhead_network ?? []).map(({ host, ports, purposes }) => ({
        host,
        ports: [...(ports ?? [443])],
        purposes: [...purposes],
      })),
      limits: {},
      receives: [...(manifest.bulkhead_receives ?? [])].map(({ from, actions }) => ({ from, actions: [...actions] })),
      externalRoutes: [...(manifest.bulkhead_external_routes ?? [])],
    };
  }

  const consentOf = (capability: string) => (isPublicCapability(capability) ? "none" : options.consent);

  async function platformText(): Promise<{ text: string; revision: number }> {
    const iat = nowSeconds();
    if (iat - platformDocument.iat < 3600 && iat >= platformDocument.iat) return platformDocument;
    const revision = platformDocument.revision + 1;
    const text = await signed("bulkhead-platform", {
      ...common(revision, iat, DAY),
      limits: {},
      blockedHosts: [],
      suspended: [],
      minRevisions: {},
      minRuntime: {},
      graceSeconds: 3 * DAY,
      telemetry: { intervalSeconds: 1, sampling: 100 },
      auditHead: { sequence: 0, sha256: "0".repeat(64) },
    });
    platformDocument = { text, revision, iat };
    return platformDocument;
  }

  function answerProgram(appId: string, etag: string | undefined): HttpAnswer {
    const current = programs.get(appId);
    if (current === undefined) return status(404);
    const own = `"${current.revision}"`;
    return etag === own ? status(304) : text(current.text, { etag: own });
  }

  function answerBundle(sha256: string): HttpAnswer {
    const found = bundles.get(sha256);
    if (found === undefined) return status(404);
    return { ok: true, status: 200, headers: { [BUNDLE_SIGNATURE_HEADER]: found.signature }, body: found.bytes };
  }

  async function answer(request: HttpRequest): Promise<HttpAnswer> {
    const path = request.url.startsWith(BASE) ? request.url.slice(BASE.length) : request.url;
    const etag = request.headers["if-none-match"];
    switch (`${request.method} ${path}`) {
      case "GET /keyset":
        return text(keysetText);
      case "GET /platform": {
        const current = await platformText();
        return etag === `"${current.revision}"` ? status(304) : text(current.text, { etag: `"${current.revision}"` });
      }
      case "POST /enroll":
        return json({ deviceId: "dev_local", platform: platformId, serverTime: nowSeconds() });
      case "POST /token":
        return json({ accessToken: "local", expiresInSeconds: TOKEN_SECONDS, serverTime: nowSeconds() });
      case "POST /telemetry": {
        const batch = telemetryBatchShape.safeParse(JSON.parse(Buffer.from(request.body ?? []).toString("utf8")));
        if (!batch.success) return status(422);
        options.onBatch(batch.data);
        return json({ accepted: countOf(batch.data), rejected: [], nextIntervalSeconds: 1, sampling: 100 });
      }
    }
    const [, what, name = ""] = /^\/(programs|bundles)\/([^/?]+)$/.exec(path) ?? [];
    if (request.method !== "GET" || what === undefined) return status(404);
    return what === "programs" ? answerProgram(name, etag) : answerBundle(name);
  }

  return {
    add,
    enrolmentFile: {
      url: URL_OF_LOCAL,
      platform: platformId,
      rootThumbprints: [root.key.thumbprint],
      threshold: 1,
      token: options.randomId(),
    },
    transport: {
      send: answer,
      openStream: async () => ({ ok: false, reason: "unreachable" }),
      close: () => undefined,
    },
  };
}

function newKey() {
  const { privateKey } = makeKeyPair();
  return { privateKey, key: deviceKeyOf(privateKey) };
}

function text(body: string, headers: Record<string, string> = {}): HttpAnswer {
  return { ok: true, status: 200, headers, body: Buffer.from(body, "utf8") };
}

function json(value: unknown): HttpAnswer {
  return text(JSON.stringify(value));
}

function status(code: number): HttpAnswer {
  return { ok: true, status: code, headers: {}, body: new Uint8Array(0) };
}

function countOf(batch: TelemetryBatch): number {
  return batch.events.length + batch.programs.reduce((sum, program) => sum + program.minutes.length, 0);
}
