import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { MinuteEntry } from "@/native/core/telemetry/batch";
import { countDevices, type DeviceSketch, mergeSketches, NO_DEVICES, sketchOf } from "./device-sketch";
import { addHistogram, enter, type Histogram, quantileOf, readHistogram, writeHistogram } from "./histogram";
import { createVarintReader, createVarintWriter } from "./varints";

/** What of a device-minute adds up, and what of it only grows. Those that a runtime may leave out are null until one tells. */
export const COUNTERS = ["cpuMs", "requests", "blocked", "bytesIn", "bytesOut", "throttledMs", "crashes"] as const;
export const TOLD_COUNTERS = ["bridgeCalls"] as const;
export const MAXIMA = ["memoryBytesMax", "inFlightMax"] as const;
export const TOLD_MAXIMA = [
  "requestsPerSecondMax",
  "bridgeCallsPerSecondMax",
  "storageBytesMax",
  "cacheBytesMax",
] as const;

/** Of these a histogram is kept. The order is that of the packed bytes; a new one goes to the end. */
export const IN_HISTOGRAMS = [
  "cpuMs",
  "memoryBytesMax",
  "requests",
  "bytesIn",
  "bytesOut",
  "inFlightMax",
  "requestsPerSecondMax",
  "bridgeCallsPerSecondMax",
  "storageBytesMax",
  "cacheBytesMax",
  "blocked",
  "throttledMs",
  "bridgeCalls",
] as const satisfies readonly (keyof MinuteEntry)[];
export type Measured = (typeof IN_HISTOGRAMS)[number];
export type Histograms = Record<Measured, Histogram>;

type Whole = (typeof COUNTERS)[number] | (typeof MAXIMA)[number];
type Told = (typeof TOLD_COUNTERS)[number] | (typeof TOLD_MAXIMA)[number];
/** The numbers of one device-minute, of an increment of it, or of many added up. */
export type MinuteNumbers = Record<Whole, number> & Record<Told, number | null>;

/** What many device-minutes were together. */
export type Measures = MinuteNumbers & {
  /** Device-minutes in the histograms. */
  minutes: number;
  /** Increments that were told of after their minute's 48 hours: they are in the counters and in nothing else. */
  late: number;
  histograms: Histograms;
  devices: DeviceSketch;
};

const addTold = (a: number | null, b: number | null): number | null => (b === null ? a : addSaturating(a ?? 0, b));
const maxTold = (a: number | null, b: number | null): number | null => (b === null ? a : Math.max(a ?? 0, b));

/** Made by the hundred thousand: one literal. */
export const noNumbers = (): MinuteNumbers => ({
  cpuMs: 0,
  requests: 0,
  blocked: 0,
  bytesIn: 0,
  bytesOut: 0,
  throttledMs: 0,
  crashes: 0,
  memoryBytesMax: 0,
  inFlightMax: 0,
  bridgeCalls: null,
  requestsPerSecondMax: null,
  bridgeCallsPerSecondMax: null,
  storageBytesMax: null,
  cacheBytesMax: null,
});

export function noMeasures(): Measures {
  // Safe: one histogram for each name.
  const histograms = Object.fromEntries(IN_HISTOGRAMS.map((name) => [name, new Map()])) as unknown as Histograms;
  return { ...noNumbers(), minutes: 0, late: 0, histograms, devices: NO_DEVICES };
}

/** The sums and the greatest of both, in place; of a late one the sums alone. */
function addNumbers(to: MinuteNumbers, more: MinuteNumbers, isLate: boolean): void {
  for (const name of COUNTERS) to[name] = addSaturating(to[name], more[name]);
  for (const name of TOLD_COUNTERS) to[name] = addTold(to[name], more[name]);
  if (isLate) return;
  for (const name of MAXIMA) to[name] = Math.max(to[name], more[name]);
  for (const name of TOLD_MAXIMA) to[name] = maxTold(to[name], more[name]);
}

/** A device-minute as it is, with its device's hash, and what it was when it was entered before; null where it was not. */
export type EnteredMinute = { hash: number; numbers: MinuteNumbers; before: MinuteNumbers | null };

/**
 * Enters device-minutes, each in place of what it was. A device-minute only grows, so that it never matters in how many
 * steps it did.
 */
export function enterMinutes(to: Measures, minutes: readonly EnteredMinute[]): void {
  for (const { numbers, before } of minutes) enterNumbers(to, numbers, before);
  if (minutes.length > 0) to.devices = mergeSketches(to.devices, sketchOf(minutes.map(({ hash }) => hash)));
}

function enterNumbers(to: Measures, minute: MinuteNumbers, before: MinuteNumbers | null): void {
  addNumbers(to, before === null ? minute : { ...minute, ...growth(minute, before) }, false);
  for (const name of IN_HISTOGRAMS) {
    const [value, former] = [minute[name], before?.[name] ?? null];
    if (value === former) continue;
    if (former !== null) enter(to.histograms[name], former, -1);
    if (value !== null) enter(to.histograms[name], value);
  }
  if (before === null) to.minutes = addSaturating(to.minutes, 1);
}

/** What was added to the counters of a device-minute since it was `before`. */
export function growth(
  minute: MinuteNumbers,
  before: MinuteNumbers,
): Pick<MinuteNumbers, (typeof COUNTERS)[number] | (typeof TOLD_COUNTERS)[number]> {
  const grown = noNumbers();
  for (const name of COUNTERS) grown[name] = minute[name] - before[name];
  for (const name of TOLD_COUNTERS) grown[name] = minute[name] === null ? null : minute[name] - (before[name] ?? 0);
  const { cpuMs, requests, blocked, bytesIn, bytesOut, throttledMs, crashes, bridgeCalls } = grown;
  return { cpuMs, requests, blocked, bytesIn, bytesOut, throttledMs, crashes, bridgeCalls };
}

/** Counts increments that were told of after their minute's 48 hours, added up. */
export function enterLate(to: Measures, added: MinuteNumbers, increments: number): void {
  addNumbers(to, added, true);
  to.late = addSaturating(to.late, increments);
}

/** Adds what other device-minutes were together, in place. */
export function addMeasures(to: Measures, more: Measures): void {
  addNumbers(to, more, false);
  to.minutes = addSaturating(to.minutes, more.minutes);
  to.late = addSaturating(to.late, more.late);
  for (const name of IN_HISTOGRAMS) addHistogram(to.histograms[name], more.histograms[name]);
  to.devices = mergeSketches(to.devices, more.devices);
}

/** The numbers among the members of a row or an entry; what it leaves out is null. */
export function numbersOf(
  of: Pick<MinuteNumbers, Whole> & { [Name in Told]?: number | null | undefined },
): MinuteNumbers {
  const numbers = noNumbers();
  for (const name of COUNTERS) numbers[name] = of[name];
  for (const name of MAXIMA) numbers[name] = of[name];
  for (const name of TOLD_COUNTERS) numbers[name] = of[name] ?? null;
  for (const name of TOLD_MAXIMA) numbers[name] = of[name] ?? null;
  return numbers;
}

export function packHistograms(histograms: Histograms): Uint8Array {
  const writer = createVarintWriter();
  for (const name of IN_HISTOGRAMS) writeHistogram(writer, histograms[name]);
  return writer.bytes();
}

/** Those that were packed; one that was not kept then is empty. */
export function unpackHistograms(bytes: Uint8Array): Histograms {
  const reader = createVarintReader(bytes);
  const { histograms } = noMeasures();
  for (const name of IN_HISTOGRAMS) {
    if (!reader.isAtEnd()) histograms[name] = readHistogram(reader);
  }
  return histograms;
}

/** The value of a device-minute below which this share of them lies, within 1/32; null where nothing was measured. */
export const quantileIn = ({ histograms }: Measures, name: Measured, share: number): number | null =>
  quantileOf(histograms[name], share);

/** How many devices told of it: exact up to 160, then within a standard error of 3.3 %. */
export const devicesIn = ({ devices }: Measures): number => countDevices(devices);
