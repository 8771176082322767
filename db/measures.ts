import { packSketch, unpackSketch } from "@/lib/domain/measures/device-sketch";
import {
  addMeasures,
  type Measures,
  noMeasures,
  packHistograms,
  unpackHistograms,
} from "@/lib/domain/measures/measures";
import type { fleetMinutes } from "./schema";

/** The columns of measures, which fleet-minutes and hour roll-ups have alike. */
export type MeasureColumns = Omit<typeof fleetMinutes.$inferSelect, "appId" | "versionCode" | "at">;

export function toMeasureColumns({ histograms, devices, ...numbers }: Measures): MeasureColumns {
  return { ...numbers, histograms: packHistograms(histograms), devices: packSketch(devices) };
}

/** What stands in such columns; what else a row has is left out. */
export function measuresOf(row: MeasureColumns): Measures {
  return {
    ...{ cpuMs: row.cpuMs, requests: row.requests, blocked: row.blocked, bytesIn: row.bytesIn, bytesOut: row.bytesOut },
    ...{ throttledMs: row.throttledMs, crashes: row.crashes, bridgeCalls: row.bridgeCalls },
    ...{ memoryBytesMax: row.memoryBytesMax, inFlightMax: row.inFlightMax },
    ...{ requestsPerSecondMax: row.requestsPerSecondMax, bridgeCallsPerSecondMax: row.bridgeCallsPerSecondMax },
    ...{ storageBytesMax: row.storageBytesMax, cacheBytesMax: row.cacheBytesMax },
    ...{ minutes: row.minutes, late: row.late },
    histograms: unpackHistograms(row.histograms),
    devices: unpackSketch(row.devices),
  };
}

/** All of them together. */
export function sumMeasures(rows: Iterable<MeasureColumns>): Measures {
  const sum = noMeasures();
  for (const row of rows) addMeasures(sum, measuresOf(row));
  return sum;
}
