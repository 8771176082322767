import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import type { PortalLimit } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatShare, plural } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";

export type EffectWords = { text: string; why: string | null; isStrong: boolean };

/** What a limit did to the program, and why; `devices` told of it. */
export function effectWords(row: PortalLimit, devices: number): EffectWords {
  const { name, effective, heldBack, throttledDevices, throttledDeviceShare } = row;
  if (effective === null) return { text: "No limit", why: null, isStrong: false };
  const wish = wishWords(row);
  if (heldBack === null) {
    if (row.observed === null) return { text: "–", why: wish, isStrong: false };
    const isOver = row.observed.max > effective.warn;
    const warned = isOver ? `Over the warning of ${formatLimit(name, effective.warn)}` : "Within the warning";
    return { text: throttledText(throttledDevices), why: wish ?? warned, isStrong: false };
  }
  const since = `since v${heldBack.sinceVersion}`;
  if (throttledDevices > 0 && throttledDeviceShare !== null) {
    const share = about(formatShare(throttledDeviceShare), isEstimate(devices));
    return { text: `${share} of devices throttled ${since}`, why: whyWords(row), isStrong: true };
  }
  if (heldBack.refused > 0) {
    return { text: `${plural(heldBack.refused, "call")} refused ${since}`, why: whyWords(row), isStrong: true };
  }
  return {
    text: `${plural(heldBack.evicted, "entry", "entries")} evicted ${since}`,
    why: "Full, as meant: the least recently used go first",
    isStrong: false,
  };
}

const throttledText = (count: number): string => `${about(plural(count, "device"), isEstimate(count))} throttled`;

/** What was over which maximum, and what that cost. */
function whyWords({ name, effective, heldBack }: PortalLimit): string {
  if (effective === null || heldBack === null) return "";
  const over = `Over ${formatLimit(name, effective.max)}`;
  if (heldBack.throttledMs === 0) return over;
  const held = `held back ${formatDuration(heldBack.throttledMs)}`;
  return heldBack.refused === 0 ? `${over}: ${held}` : `${over}: ${plural(heldBack.refused, "call")} refused, ${held}`;
}

/** Where the newest version asks for another maximum than the one that holds. */
function wishWords({ name, requested, effective }: PortalLimit): string | null {
  if (requested === null || requested === effective?.max) return null;
  return `Your manifest asks for ${formatLimit(name, requested)}`;
}

/** Why nothing stands in the place of a bar; null where something does. What was not measured is never guessed. */
export function unmeasuredWords({ observed, effective }: PortalLimit, devices: number): string | null {
  if (observed === null)
    return devices === 0 ? "no device told of it in 14 d" : "not reported by the runtimes that ran it";
  return effective === null ? "no limit to hold it against" : null;
}

/** The bar in words. */
export function barWords({ name, observed, effective }: PortalLimit): string {
  if (observed === null || effective === null) return "";
  const says = (value: number) => formatLimit(name, value);
  return `${LIMIT_WORDS[name].title}: p50 ${says(observed.p50)}, p95 ${says(observed.p95)}, greatest ${says(observed.max)}, warning ${says(effective.warn)}, limit ${says(effective.max)}`;
}
