import type { HostPurpose } from "../../core/codes";
import { causeKey, denialSubject, makeDenialId } from "../../core/decide/cause-key";
import { nodeCrypto } from "../../node/crypto";
import type { AppliedPolicy, HostEvent, TelemetryPort } from "../ports";
import type { CallDenial } from "./capability-registry";

/** One refusal, as it is told to the program, counted, and made an event. */
export type DenialReport = {
  api: string;
  decision: CallDenial;
  /** Of a network call: what it asked for. */
  url?: string;
  purpose?: HostPurpose;
};

export type DenialReporter = {
  /** Answers the id that the program is given. */
  report(denial: DenialReport): string;
};

export type DenialReporterOptions = {
  appId: string;
  versionCode: number;
  policy(): AppliedPolicy;
  telemetry: TelemetryPort;
  /** Short random text. */
  randomId(): string;
};

/** Codes that speak of a host: their denial is a blocked request. */
const HOST_LAYER_CODES: ReadonlySet<string> = new Set([
  "URL_MALFORMED",
  "SCHEME_NOT_ALLOWED",
  "HOST_MALFORMED",
  "HOST_BLOCKED_BY_PLATFORM",
  "HOST_NOT_ALLOWED",
  "PORT_NOT_ALLOWED",
  "PURPOSE_NOT_ALLOWED",
  "ADDRESS_NOT_PUBLIC",
  "REDIRECT_NOT_ALLOWED",
  "TLS_INVALID",
  "PIN_MISMATCH",
]);

/** Causes whose key is remembered; a program that varies its calls without end does not grow this. */
const CAUSES_MAX = 512;

function eventType({ code, limit }: CallDenial): HostEvent["type"] {
  if (limit === "storageBytes" || limit === "cacheBytes") return "storage_refused";
  if (code === "UNKNOWN_API") return "unknown_api";
  return HOST_LAYER_CODES.has(code) ? "blocked_request" : "denied_api";
}

/** Counts every denial under its cause, makes an event of it, and gives it its id (spec §5, §7). */
export function createDenialReporter(options: DenialReporterOptions): DenialReporter {
  const { appId, versionCode, telemetry } = options;
  const keys = new Map<string, string>();

  const keyOf = (code: CallDenial["code"], subject: string): string => {
    const id = `${code}\n${subject}`;
    const known = keys.get(id);
    if (known !== undefined) return known;
    if (keys.size >= CAUSES_MAX) keys.clear();
    const made = causeKey({ appId, versionCode, code, subject }, nodeCrypto.sha256);
    keys.set(id, made);
    return made;
  };

  return {
    report({ decision, ...asked }) {
      const { code, layer, rule } = decision;
      const { purpose } = asked;
      const { api, target, subject } = denialSubject(asked);
      const cause = keyOf(code, subject);
      const denialId = makeDenialId(cause, options.randomId());
      const { epoch, platformRevision, programRevision } = decision.by ?? options.policy();
      const about = { api, ...target, ...(target === undefined || purpose === undefined ? {} : { purpose }) };
      telemetry.addToMinute({ appId, versionCode }, { denials: [{ cause, code, layer, rule, ...about, count: 1 }] });
      telemetry.recordEvent({
        type: eventType(decision),
        appId,
        versionCode,
        denialId,
        code,
        layer,
        rule,
        epoch,
        platformRevision,
        programRevision,
        ...about,
      });
      return denialId;
    },
  };
}
