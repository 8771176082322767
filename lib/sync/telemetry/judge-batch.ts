import { toStorable } from "@/lib/http/storable-text";
import { isNewerPosition, type Position } from "@/native/core/documents/position";
import { isAppId } from "@/native/core/manifest/app-id";
import {
  type MinuteEntry,
  minuteEntryId,
  REJECTED_NAMED_MAX,
  type TelemetryBatch,
  type TelemetryEvent,
} from "@/native/core/telemetry/batch";
import { platformOf } from "@/native/core/telemetry/later-applied";
import { type EvidencePlace, memberOf, readEvent, readMinute, readOwnWords } from "./read-evidence";
import type { ReceivedBatch } from "./received-batch";

/** Why one entry of a batch is not counted. The device drops it and counts it as rejected. */
export const REJECTION_CODES = ["MALFORMED", "UNKNOWN_PROGRAM", "TOO_OLD", "NOT_YET_VALID", "DUPLICATE"] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export type AcceptedMinute = { appId: string; versionCode: number; entry: MinuteEntry };
/** What was left out of a batch: where, why and how often. */
export type RejectedEvidence = { place: EvidencePlace; code: RejectionCode; count: number };
export type JudgedBatch = {
  minutes: AcceptedMinute[];
  events: TelemetryEvent[];
  /** What it says of itself. */
  device: Pick<TelemetryBatch, "runtime" | "applied" | "discarded">;
  /** Entries that are not counted, for the device: the first by id, and how many more. */
  rejected: { named: { id: string; code: RejectionCode }[]; more: number };
  /** The same for people, with the parts that kept entries lost; what was there already is no loss. */
  evidence: RejectedEvidence[];
};

const DAY_SECONDS = 86_400;
/** Charts reach back 14 days; what is older would never be seen. */
export const TELEMETRY_AGE_SECONDS_MAX = 14 * DAY_SECONDS;
/** As for documents: a device's clock may be this far ahead (spec §4). */
const AHEAD_SECONDS_MAX = 300;

function timeProblem(at: number, nowSeconds: number): RejectionCode | null {
  if (at > nowSeconds + AHEAD_SECONDS_MAX) return "NOT_YET_VALID";
  return at < nowSeconds - TELEMETRY_AGE_SECONDS_MAX ? "TOO_OLD" : null;
}

function idText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 128) : "?";
}

function createRejections() {
  const entries: JudgedBatch["rejected"] = { named: [], more: 0 };
  const evidence = new Map<string, RejectedEvidence>();
  const lose = (place: EvidencePlace, code: RejectionCode) => {
    const known = evidence.get(`${place} ${code}`) ?? { place, code, count: 0 };
    evidence.set(`${place} ${code}`, { ...known, count: known.count + 1 });
  };
  return {
    entries,
    evidence,
    lose,
    reject(place: EvidencePlace, id: string, code: RejectionCode) {
      if (entries.named.length < REJECTED_NAMED_MAX) entries.named.push({ id: toStorable(id.slice(0, 256)), code });
      else entries.more += 1;
      if (code !== "DUPLICATE") lose(place, code);
    },
  };
}

/**
 * Judges every entry of a batch alone, and every part of an entry. Pure: `isProgram` says which programs are
 * registered, and what was in force beyond what was `issued` is left aside, as it is of the device. An id that stands twice in one batch counts once.
 */
export function judgeBatch(
  batch: ReceivedBatch,
  options: { nowSeconds: number; isProgram(appId: string): boolean; issued: Position },
): JudgedBatch {
  const minutes: AcceptedMinute[] = [];
  const events: TelemetryEvent[] = [];
  const seen = new Set<string>();
  const { entries, evidence, lose, reject } = createRejections();
  const drop = (place: EvidencePlace) => lose(place, "MALFORMED");

  for (const { appId, versionCode, minutes: sentMinutes } of batch.programs) {
    const isNamed = typeof appId === "string" && isCode(versionCode);
    for (const sent of sentMinutes) {
      const entry = isNamed ? readMinute(sent, drop) : null;
      if (entry === null || !isNamed) {
        const id = `${idText(appId)}/${idText(versionCode)}/${idText(memberOf(sent, "at"))}`;
        reject("programs.minutes", id, "MALFORMED");
        continue;
      }
      const id = minuteEntryId(appId, versionCode, entry.at);
      const code = judge(id, appId, entry.at);
      if (code === null) minutes.push({ appId, versionCode, entry: withIssued(entry, options.issued) });
      else reject("programs.minutes", id, code);
    }
  }
  for (const sent of batch.events) {
    const event = readEvent(sent, drop);
    const id = idText(memberOf(sent, "eventId"));
    const code = event === null ? "MALFORMED" : judge(id, event.appId, event.at);
    if (event !== null && code === null) events.push(event);
    else reject("events", id, code ?? "MALFORMED");
  }
  const { layers, appliedPrograms, discarded } = readOwnWords(batch, drop);
  const { runtime, applied } = batch;
  return {
    minutes,
    events,
    device: { runtime: { ...runtime, layers }, applied: { ...applied, programs: appliedPrograms }, discarded },
    rejected: entries,
    evidence: [...evidence.values()],
  };

  function judge(id: string, appId: string | undefined, at: number): RejectionCode | null {
    if (appId !== undefined && !options.isProgram(appId)) return "UNKNOWN_PROGRAM";
    const problem = timeProblem(at, options.nowSeconds);
    if (problem !== null) return problem;
    if (seen.has(id)) return "DUPLICATE";
    seen.add(id);
    return null;
  }
}

function withIssued({ applied, ...entry }: MinuteEntry, issued: Position): MinuteEntry {
  return applied === undefined || isNewerPosition(platformOf(applied), issued) ? entry : { ...entry, applied };
}

const isCode = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** The programs that a batch names, in so far as a program can have such a name. */
export function namedPrograms(batch: ReceivedBatch): string[] {
  const named = [...batch.programs.map(({ appId }) => appId), ...batch.events.map((event) => memberOf(event, "appId"))];
  return [...new Set(named.filter((name): name is string => typeof name === "string" && isAppId(name)))];
}

/** When its events happened, in milliseconds, of those whose time can be counted. */
export function eventTimes(batch: ReceivedBatch, now: number): number[] {
  return batch.events.flatMap((event) => {
    const at = memberOf(event, "at");
    return typeof at === "number" && timeProblem(at, now) === null ? [at * 1000] : [];
  });
}
