import type { deviceMinutes } from "@/db/schema";
import {
  COUNTERS,
  MAXIMA,
  type MinuteNumbers,
  noNumbers,
  TOLD_COUNTERS,
  TOLD_MAXIMA,
} from "@/lib/domain/measures/measures";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { laterApplied, type MinuteApplied } from "@/native/core/telemetry/later-applied";
import { type Clamped, createClamp } from "@/native/core/telemetry/plausible";

/** What is known of a device-minute. */
export type KnownMinute = { numbers: MinuteNumbers; applied: MinuteApplied | undefined };

/**
 * Adds an increment to what is known of its device-minute (spec 7.5): counters add, `…Max` take the greater, and of what was in force the
 * later stays; the order of increments does not matter. Held within the plausible after each addition (spec 7.10), so that no number of
 * batches for one minute goes beyond it.
 */
export function addToMinute(
  known: KnownMinute | null,
  more: KnownMinute,
): { minute: KnownMinute; clamped: readonly Clamped[] } {
  const { numbers: a, applied } = known ?? { numbers: noNumbers(), applied: undefined };
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
  return { minute: { numbers, applied: laterApplied(applied, more.applied) }, clamped };
}

type Row = typeof deviceMinutes.$inferSelect;

export function toMinuteRow(source: number, at: Date, { numbers, applied }: KnownMinute): Row {
  return {
    ...{ source, at, ...numbers },
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
  ...numbers
}: Row): KnownMinute {
  const isTold = appliedEpoch !== null && appliedPlatform !== null && appliedProgram !== null;
  return {
    numbers,
    applied: isTold ? { epoch: appliedEpoch, platform: appliedPlatform, program: appliedProgram } : undefined,
  };
}
