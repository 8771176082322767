import type { Database } from "@/db/store";
import type { LimitRow } from "@/lib/contracts/programs";
import { MEASURE_OF_LIMIT } from "@/lib/domain/measures/charted";
import type { Measured } from "@/lib/domain/measures/measures";
import { isHeldBack } from "@/lib/sync/telemetry/details-of-minute";
import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { createDeviceCount, type DeviceCount } from "../measures/device-count";
import { readLive } from "../measures/live";
import { addPackedTogether } from "../measures/packed-sketches";
import { liveDetails, type NameSum, readHoursOf, sumDetails } from "../measures/read-details";
import { greatestIn, measureSpans, minutesOf, quantileIn, type Span, togetherOf } from "../measures/read-measures";
import { DAY_MS, startOf, startOfDetails } from "../measures/windows";
import type { TelemetryQuery } from "./read-telemetry";

/** What was used of one limit, and whom it held back. */
export type UseOfLimit = {
  /** Of device-minutes in the range; null where none of them measured it. */
  observed: LimitRow["observed"];
  /** Devices on which it refused or held something back. */
  heldBackDevices: number;
  /** Of the devices that told of the program, these; null where none told. */
  heldBackDeviceShare: number | null;
  /** What it refused, held back and evicted, since which version; null where it did nothing. */
  heldBack: LimitRow["heldBack"];
  /** The kinds of runtime whose device-minutes measured it, and those whose device-minutes all leave it out; by hours alone. */
  toldBy: string[];
  leftOutBy: string[];
  /** p95 of the device-minutes of each day (UTC), oldest first, the last under way; null: nothing was measured. */
  p95ByDay: (number | null)[];
};
export type LimitUse = {
  /** Devices that told of the program in the range. */
  devices: number;
  of(name: LimitName): UseOfLimit;
  behind: string | null;
};

/** What device-minutes of a range used of each limit: one reading for every page that shows it. `days`: of how many p95 is told. */
export async function readLimitUse(
  db: Database,
  appId: string,
  { range, version }: TelemetryQuery,
  { nowMs, days = 0 }: { nowMs: number; days?: number },
): Promise<LimitUse> {
  const live = await readLive(db, appId);
  const spans = await measureSpans(
    db,
    { appId, version, from: range === "1h" ? "minutes" : "hours", wanted: Object.values(MEASURE_OF_LIMIT) },
    { fromMs: startOf(range, nowMs), spanMs: DAY_MS, lastSpan: Math.floor(nowMs / DAY_MS) },
    await minutesOf(db, live.minutes, { version }),
  );
  const all = togetherOf(spans.values());
  const devices = all.devices.count();
  const asked = { appId, kind: "limit", sinceMs: startOfDetails(range, nowMs), nowMs, version } as const;
  const { details } = await liveDetails(db, asked);
  const sums = await sumDetails(db, asked, details);
  const heldBack = new Map(LIMIT_NAMES.map((name): [string, DeviceCount] => [name, createDeviceCount()]));
  await readHoursOf(db, { ...asked, isHeldBack: true }, ({ name, sketches }) => {
    const count = heldBack.get(name);
    if (count !== undefined) addPackedTogether(count, sketches);
  });
  for (const detail of details) if (isHeldBack(detail)) heldBack.get(detail.name)?.addDevice(detail.deviceId);
  const firstDay = Math.floor(nowMs / DAY_MS) - days + 1;
  return {
    devices,
    behind: live.behind,
    of(name) {
      const heldBackDevices = heldBack.get(name)?.count() ?? 0;
      const sum = sums.get(name);
      const hasActed = sum !== undefined && sum.refused + sum.throttledMs + sum.evicted > 0;
      const told = [...all.told].sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        observed: observedIn(all, MEASURE_OF_LIMIT[name]),
        heldBackDevices,
        heldBackDeviceShare: devices === 0 ? null : Math.min(1, heldBackDevices / devices),
        heldBack: hasActed ? toHeldBack(sum) : null,
        toldBy: told.flatMap(([kind, names]) => (names.has(MEASURE_OF_LIMIT[name]) ? [kind] : [])),
        leftOutBy: told.flatMap(([kind, names]) => (names.has(MEASURE_OF_LIMIT[name]) ? [] : [kind])),
        p95ByDay: Array.from({ length: days }, (_, nth) => {
          const day = spans.get(firstDay + nth);
          return day === undefined ? null : quantileIn(day, MEASURE_OF_LIMIT[name], 0.95);
        }),
      };
    },
  };
}

function observedIn(span: Span, name: Measured): LimitRow["observed"] {
  const [p50, p95, max] = [quantileIn(span, name, 0.5), quantileIn(span, name, 0.95), greatestIn(span, name)];
  return p50 === null || p95 === null || max === null ? null : { p50, p95, max };
}

const toHeldBack = ({ refused, throttledMs, evicted, sinceVersion, firstAtMs, lastAtMs }: NameSum) => ({
  ...{ refused, throttledMs, evicted, sinceVersion },
  firstAt: new Date(firstAtMs).toISOString(),
  lastAt: new Date(lastAtMs).toISOString(),
});
