import type { deviceMinutes, lateMinutes } from "@/db/schema";
import {
  COUNTERS,
  MAXIMA,
  type MinuteNumbers,
  noNumbers,
  numbersOf,
  TOLD_COUNTERS,
  TOLD_MAXIMA,
} from "@/lib/domain/measures/measures";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { laterApplied, type MinuteApplied } from "@/native/core/telemetry/later-applied";
import { type Clamped, createClamp } from "@/native/core/telemetry/plausible";
import type { MinuteRow } from "./held-minute";

/** What is known of a device-minute. */
export type KnownMinute = {
  numbers: MinuteNumbers;
  applied: MinuteApplied | undefined;
  /** What its hosts, APIs, causes and limits added to hours, all together. */
  detailed: number;
};

/** An increment as it was told. */
export function incrementOf(row: MinuteRow): Omit<KnownMinute, "detailed"> {
  const { appliedEpoch: epoch, appliedPlatform: platform, appliedProgram: program } = row;
  const isTold = epoch !== null && platform !== null && program !== null;
  return { numbers: numbersOf(row), applied: isTold ? { epoch, platform, program } : undefined };
}

const NOTHING: KnownMinute = { numbers: noNumbers(), applied: undefined, detailed: 0 };

/**
 * Adds an increment to what is known of its device-minute (spec 7.5): counters add, `…Max` take the greater, and of what was in force the
 * later stays; the order of increments does not matter. Held within the plausible after each addition (spec 7.10), so that no number of
 * batches for one minute goes beyond it.
 */
export function addToMinute(
  known: KnownMinute | null,
  more: Omit<KnownMinute, "detailed">,
): { minute: KnownMinute; clamped: readonly Clamped[] } {
  const { numbers: a, applied, detailed } = known ?? NOTHING;
  const b = more.numbers;
  const { clamped, hold } = createClamp();
  const numbers = noNumbers();
  for (const name of COUNTERS) numbers[name] = hold(name, addSaturating(a[name], b[name]));
  for (const name of MAXIMA) numbers[name] = hold(name, Math.max(a[name], b[name]));
  for (const name of [...TOLD_COUNTERS, ...TOLD_MAXIMA]) {
    const [one, other] = [a[name], b[name]];
    if (one === null && other === null) continue;
    const [first, second] = [one ?? 0, other ?? 0];
    numbers[name] = hold(name, name === "bridgeCalls" ? addSaturating(first, second) : Math.max(first, second));
  }
  return { minute: { numbers, applied: laterApplied(applied, more.applied), detailed }, clamped };
}

type Row = typeof deviceMinutes.$inferSelect;

export function toMinuteRow(source: number, at: Date, { numbers, applied, detailed }: KnownMinute): Row {
  return {
    ...{ source, at, ...numbers, detailed },
    appliedEpoch: applied?.epoch ?? null,
    appliedPlatform: applied?.platform ?? null,
    appliedProgram: applied?.program ?? null,
  };
}

export function minuteOfRow({
  source,
  at,
  appliedEpoch,
  appliedPlatform,
  appliedProgram,
  detailed,
  ...numbers
}: Row): KnownMinute {
  const isTold = appliedEpoch !== null && appliedPlatform !== null && appliedProgram !== null;
  return {
    numbers,
    applied: isTold ? { epoch: appliedEpoch, platform: appliedPlatform, program: appliedProgram } : undefined,
    detailed: detailed ?? 0,
  };
}

type LateRow = typeof lateMinutes.$inferSelect;

/** Of what came late counters alone are kept. */
export function toLateRow(source: number, at: Date, { numbers, detailed }: KnownMinute): LateRow {
  const { cpuMs, requests, blocked, bytesIn, bytesOut, throttledMs, crashes, bridgeCalls } = numbers;
  return { source, at, cpuMs, requests, blocked, bytesIn, bytesOut, throttledMs, crashes, bridgeCalls, detailed };
}

export const lateOfRow = ({ source: _source, at: _at, detailed, ...counters }: LateRow): KnownMinute => ({
  numbers: { ...noNumbers(), ...counters },
  applied: undefined,
  detailed,
});
