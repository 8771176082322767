import { type EnrolmentFile, enrolmentFileShape } from "../../core/wire/enroll";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import type { HostClock, HostLog } from "../ports";
import { documentFileOf } from "../state/device-store";
import { newTrustRecord } from "../state/trust-record";
import type { HttpTransport } from "../sync/http-transport";
import { isPlatformUrlAllowed } from "../sync/platform-url";
import { createPolicyClient } from "../sync/policy-client";
import type { DocumentVerifier } from "../sync/verify-received";
import type { DataDirectory } from "./data-directory";

export type EnrolRefusal =
  | "enrolment_file_invalid"
  | "url_not_allowed"
  | "already_enrolled"
  | "platform_unreachable"
  | "keyset_refused"
  | "enrolment_refused"
  | "answer_of_another_platform"
  | "state_not_stored";

export type EnrolResult =
  | { ok: true; deviceId: string; platform: string; environment: "production" | "development" }
  | { ok: false; reason: EnrolRefusal; code?: string };

/**
 * Enrols this device (spec §4): first the keyset, which must be signed by the roots that the enrolment file names, and
 * only then the one-time token, so that it is never shown to a stranger. The trusted keyset is on the disk before the
 * platform is asked. A device that is enrolled with this platform already says so and asks nobody; one that was cut off
 * in between asks again with the same key and gets the same answer.
 */
export async function enrollDevice(options: {
  file: unknown;
  data: DataDirectory;
  transport: HttpTransport;
  verifier: DocumentVerifier;
  runtime: RuntimeIdentity;
  clock: HostClock;
  randomId(): string;
  log: HostLog;
}): Promise<EnrolResult> {
  const { data, verifier } = options;
  const parsed = enrolmentFileShape.safeParse(options.file);
  if (!parsed.success) return { ok: false, reason: "enrolment_file_invalid" };
  const file: EnrolmentFile = parsed.data;
  const known = data.store.record?.enrolment;
  const environment = data.store.record?.keyset?.environment;
  if (known?.deviceId && environment) {
    const isSame = known.platform === file.platform && known.url === file.url;
    if (!isSame) return { ok: false, reason: "already_enrolled" };
    return { ok: true, deviceId: known.deviceId, platform: known.platform, environment };
  }
  if (!isPlatformUrlAllowed(file.url, undefined)) return { ok: false, reason: "url_not_allowed" };
  const { url, platform, rootThumbprints, threshold, token } = file;
  const { transport, clock, randomId } = options;
  const client = createPolicyClient({ transport, url, platform, key: data.key, deviceId: undefined, clock, randomId });

  const fetched = await client.keyset();
  if (fetched.kind !== "body") return { ok: false, reason: "platform_unreachable" };
  const verdict = await verifier.keyset({
    bytes: fetched.bytes,
    trusted: { rootThumbprints, threshold },
    platform,
    now: Math.floor(clock.nowMs() / 1000),
  });
  if (verdict.result === "refused") return { ok: false, reason: "keyset_refused", code: verdict.code };
  const { epoch, revision, iat } = verdict.claims;
  if (!isPlatformUrlAllowed(url, verdict.claims.environment)) return { ok: false, reason: "url_not_allowed" };

  const record = {
    ...newTrustRecord({ url, platform, rootThumbprints, threshold, deviceId: null }),
    keyset: { epoch, revision, environment: verdict.claims.environment, file: documentFileOf(fetched.bytes) },
    time: { lastVerifiedIat: iat, mark: iat },
  };
  try {
    await data.store.commit(record, [fetched.bytes]);
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
    await data.store.commit({ ...record, enrolment: { ...record.enrolment, deviceId } });
    return { ok: true, deviceId, platform, environment: verdict.claims.environment };
  } catch (error) {
    options.log("error", "state_not_stored", { error });
    return { ok: false, reason: "state_not_stored" };
  } finally {
    client.close();
  }
}
