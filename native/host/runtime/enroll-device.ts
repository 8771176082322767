import { canonicalJson } from "../../core/audit/canonical-json";
import { openState, writePart } from "../../core/device/state";
import { createStoredClaims } from "../../core/device/stored-claims";
import { DOCUMENT_BYTES_MAX } from "../../core/documents/envelope";
import { verifyKeyset } from "../../core/documents/verify-keyset";
import type { KeysetClaims } from "../../core/shapes/claims";
import { type EnrolmentFile, enrolmentFileShape } from "../../core/wire/enroll";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import { nodeCrypto } from "../../node/crypto";
import type { EnrolRefusal } from "../api/host-error";
import type { HostClock, HostLog } from "../ports";
import type { Enrolment } from "../state/enrolment";
import type { HttpTransport } from "../sync/http-transport";
import { isPlatformUrlAllowed } from "../sync/platform-url";
import { createPolicyClient, type PolicyClient } from "../sync/policy-client";
import type { DataDirectory } from "./data-directory";

const FETCH_MS = 20_000;

export type EnrolResult =
  | { ok: true; deviceId: string; platform: string; environment: "production" | "development" }
  | { ok: false; reason: EnrolRefusal; code?: string };

export type EnrolOptions = {
  file: unknown;
  data: DataDirectory;
  transport: HttpTransport;
  runtime: RuntimeIdentity;
  clock: HostClock;
  randomId(): string;
  log: HostLog;
};

/**
 * Enrols this device (spec §4): first the keyset, which must be signed by the roots that the enrolment file names, and
 * only then the one-time token, so that it is never shown to a stranger. The trusted keyset is on the disk before the
 * platform is asked. A device that is enrolled with this platform already says so and asks nobody; one that was cut off
 * in between asks again with the same key and gets the same answer.
 */
export async function enrollDevice(options: EnrolOptions): Promise<EnrolResult> {
  const { disk, key } = options.data;
  const parsed = enrolmentFileShape.safeParse(options.file);
  if (!parsed.success) return { ok: false, reason: "enrolment_file_invalid" };
  const file: EnrolmentFile = parsed.data;
  const known = disk.enrolment;
  const environment = createStoredClaims().keyset(disk.durable.trust?.keyset?.jws)?.environment;
  if (known?.deviceId && (known.platform !== file.platform || known.url !== file.url)) {
    return { ok: false, reason: "already_enrolled" };
  }
  if (known?.deviceId && environment) {
    return { ok: true, deviceId: known.deviceId, platform: known.platform, environment };
  }
  if (!isPlatformUrlAllowed(file.url, undefined)) return { ok: false, reason: "url_not_allowed" };
  const { url, platform } = file;
  const { transport, clock, randomId } = options;
  const client = createPolicyClient({ transport, url, platform, key, deviceId: undefined, clock, randomId });
  try {
    return await enrolWith(client, file, options);
  } finally {
    client.close();
  }
}

async function enrolWith(client: PolicyClient, file: EnrolmentFile, options: EnrolOptions): Promise<EnrolResult> {
  const { disk } = options.data;
  const { url, platform, rootThumbprints, threshold, token } = file;
  const bounds = { maxBytes: 2 * DOCUMENT_BYTES_MAX["bulkhead-keyset"], timeoutMs: FETCH_MS };
  const fetched = await client.ask({ what: "keyset" }, bounds);
  if (fetched.kind !== "body") return { ok: false, reason: "platform_unreachable" };
  const verdict = verifyKeyset({
    jws: fetched.bytes,
    trusted: { rootThumbprints, threshold },
    platform,
    now: Math.floor(options.clock.nowMs() / 1000),
    crypto: nodeCrypto,
  });
  if (verdict.result === "refused") return { ok: false, reason: "keyset_refused", code: verdict.code };
  const { claims } = verdict.document;
  if (!isPlatformUrlAllowed(url, claims.environment)) return { ok: false, reason: "url_not_allowed" };
  const known = disk.enrolment?.deviceId;
  // Its keyset is lost, which it fetches by itself; its floors and suspensions are not, and stay.
  if (known) return { ok: true, deviceId: known, platform, environment: claims.environment };

  const enrolment: Enrolment = { url, platform, rootThumbprints, threshold, deviceId: null };
  try {
    await disk.storeEnrolment(enrolment);
    await disk.storeTrust(trustIn(claims, Buffer.from(fetched.bytes).toString("utf8")));
    const enrolled = await client.enroll(token, options.runtime);
    if (!enrolled.ok) {
      return {
        ok: false,
        reason: enrolled.outcome.kind === "network" ? "platform_unreachable" : "enrolment_refused",
        ...(enrolled.code === undefined ? {} : { code: enrolled.code }),
      };
    }
    if (enrolled.answer.platform !== platform) return { ok: false, reason: "answer_of_another_platform" };
    const { deviceId } = enrolled.answer;
    await disk.storeEnrolment({ ...enrolment, deviceId });
    return { ok: true, deviceId, platform, environment: claims.environment };
  } catch (error) {
    options.log("error", "state_not_stored", { error });
    return { ok: false, reason: "state_not_stored" };
  }
}

/** What a device that trusts this keyset and nothing else has to keep, as text. */
function trustIn({ epoch, revision, iat }: KeysetClaims, jws: string): string {
  const state = openState();
  state.trust.keyset = { epoch, revision, jws };
  state.trust.time = { lastVerifiedIat: iat, mark: iat };
  return canonicalJson(writePart(state, "trust"));
}
