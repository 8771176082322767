import type { LimitRow } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatShare, plural } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";
import { formatLimit } from "./limit-words";

/** A limit's row, in so far as it tells what the limit did. */
export type LimitEffectRow = Pick<
  LimitRow,
  "name" | "effective" | "observed" | "heldBack" | "heldBackDevices" | "heldBackDeviceShare"
>;
export type EffectWords = { text: string; why: string | null; isStrong: boolean };

/** What a limit did to the program, and why; `devices` told of it. */
export function effectWords(row: LimitEffectRow, devices: number): EffectWords {
  const { name, effective, observed, heldBack, heldBackDevices, heldBackDeviceShare } = row;
  if (effective === null) return { text: "No limit", why: null, isStrong: false };
  if (heldBack === null) {
    if (observed === null) return { text: "–", why: null, isStrong: false };
    const isOver = observed.max > effective.warn;
    const why = isOver ? `Over the warning of ${formatLimit(name, effective.warn)}` : "Within the warning";
    return { text: "Held back 0 devices", why, isStrong: false };
  }
  const since = `since v${heldBack.sinceVersion}`;
  if (heldBackDevices > 0) {
    const held = about(plural(heldBackDevices, "device"), isEstimate(heldBackDevices));
    const share =
      heldBackDeviceShare === null ? "" : ` (${about(formatShare(heldBackDeviceShare), isEstimate(devices))})`;
    return { text: `Held back ${held}${share} ${since}`, why: whyWords(row), isStrong: true };
  }
  if (heldBack.refused + heldBack.throttledMs > 0) {
    // What is told after its 48 hours is counted, and of no device.
    return { text: `Held back ${since}`, why: whyWords(row), isStrong: true };
  }
  return {
    text: `${plural(heldBack.evicted, "entry", "entries")} evicted ${since}`,
    why: "Full, as meant: the least recently used go first",
    isStrong: false,
  };
}

/** The same where there is little room; null where it held nothing back. */
export function heldBackWords({ heldBackDevices }: LimitEffectRow): string | null {
  if (heldBackDevices === 0) return null;
  return `${about(plural(heldBackDevices, "device"), isEstimate(heldBackDevices))} held back`;
}

/** What was over which maximum, and what that cost. */
function whyWords({ name, effective, heldBack }: LimitEffectRow): string | null {
  if (effective === null || heldBack === null) return null;
  const { refused, throttledMs } = heldBack;
  const cost = [
    ...(refused > 0 ? [`${plural(refused, "call")} refused`] : []),
    ...(throttledMs > 0 ? [`held back ${formatDuration(throttledMs)}`] : []),
  ];
  return `Over ${formatLimit(name, effective.max)}: ${cost.join(", ")}`;
}
