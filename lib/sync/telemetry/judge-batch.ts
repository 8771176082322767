import { isStorable, toStorable } from "@/lib/http/storable-text";
import {
  type MinuteEntry,
  minuteEntryId,
  minuteEntryShape,
  OTHER,
  type TelemetryEvent,
  telemetryEventShape,
} from "@/native/core/telemetry/batch";
import type { ReceivedBatch } from "./received-batch";

/** Why one entry of a batch is not counted. The device drops it and counts it as rejected. */
export const REJECTION_CODES = ["MALFORMED", "UNKNOWN_PROGRAM", "TOO_OLD", "NOT_YET_VALID", "DUPLICATE"] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export type AcceptedMinute = { appId: string; versionCode: number; entry: MinuteEntry };
export type JudgedBatch = {
  minutes: AcceptedMinute[];
  events: TelemetryEvent[];
  rejected: { id: string; code: RejectionCode }[];
};

const DAY_SECONDS = 86_400;
/** Charts reach back 14 days; what is older would never be seen. */
export const TELEMETRY_AGE_SECONDS_MAX = 14 * DAY_SECONDS;
/** As for documents: a device's clock may be this far ahead (spec §4). */
const AHEAD_SECONDS_MAX = 300;

/** No path, query, user or blank: an address or a misspelt host is still worth knowing. */
const HOST = /^[^\s/?#\\@\p{Cc}]{1,253}$/u;

/** Hosts only, never paths (spec §7): whoever puts anything else there loses the entry, not the server its privacy. */
function namesHostsOnly(entry: MinuteEntry): boolean {
  return (
    entry.hosts.every(({ host }) => HOST.test(host)) &&
    entry.denials.every((denial) => denial.cause === OTHER || !("host" in denial) || HOST.test(String(denial.host)))
  );
}

function timeProblem(at: number, nowSeconds: number): RejectionCode | null {
  if (at > nowSeconds + AHEAD_SECONDS_MAX) return "NOT_YET_VALID";
  return at < nowSeconds - TELEMETRY_AGE_SECONDS_MAX ? "TOO_OLD" : null;
}

function memberText(value: unknown, name: string): string {
  const member = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof member === "string" || typeof member === "number" ? String(member).slice(0, 64) : "?";
}

/**
 * Judges every entry of a batch alone. Pure: `isProgram` says which programs are registered. An id that stands twice
 * in one batch counts once.
 */
export function judgeBatch(
  batch: ReceivedBatch,
  options: { nowSeconds: number; isProgram(appId: string): boolean },
): JudgedBatch {
  const judged: JudgedBatch = { minutes: [], events: [], rejected: [] };
  const seen = new Set<string>();
  const reject = (id: string, code: RejectionCode) => judged.rejected.push({ id: toStorable(id.slice(0, 256)), code });

  for (const { appId, versionCode, minutes } of batch.programs) {
    for (const sent of minutes) {
      const parsed = minuteEntryShape.safeParse(sent);
      const id = `${appId}/${versionCode}/${memberText(sent, "at")}`;
      if (!parsed.success || !isStorable(parsed.data) || !namesHostsOnly(parsed.data)) {
        reject(id, "MALFORMED");
        continue;
      }
      const code = judge(minuteEntryId(appId, versionCode, parsed.data.at), appId, parsed.data.at);
      if (code === null) judged.minutes.push({ appId, versionCode, entry: parsed.data });
      else reject(id, code);
    }
  }
  for (const sent of batch.events) {
    const parsed = telemetryEventShape.safeParse(sent);
    const id = memberText(sent, "eventId");
    if (
      !parsed.success ||
      !isStorable(parsed.data) ||
      (parsed.data.host !== undefined && !HOST.test(parsed.data.host))
    ) {
      reject(id, "MALFORMED");
      continue;
    }
    const code = judge(id, parsed.data.appId, parsed.data.at);
    if (code === null) judged.events.push(parsed.data);
    else reject(id, code);
  }
  return judged;

  function judge(id: string, appId: string | undefined, at: number): RejectionCode | null {
    if (appId !== undefined && !options.isProgram(appId)) return "UNKNOWN_PROGRAM";
    const problem = timeProblem(at, options.nowSeconds);
    if (problem !== null) return problem;
    if (seen.has(id)) return "DUPLICATE";
    seen.add(id);
    return null;
  }
}
