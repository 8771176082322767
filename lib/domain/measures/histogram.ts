import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { createVarintReader, createVarintWriter } from "./varints";

/**
 * How many device-minutes had about which value, by bucket. Values below 64 have a bucket each; above, each doubling is cut
 * into 32, so that whatever lies in a bucket is at most 1/32 above its lowest. Buckets never depend on the data: adding
 * two histograms bucket by bucket is the histogram of both, in any order.
 */
export type Histogram = Map<number, number>;

const EXACT_BELOW = 64;
const EXACT_BITS = 6;
const PARTS = 32;

/** The bucket of a whole number, 0 … 2^53−1. */
export function bucketOf(value: number): number {
  if (value < EXACT_BELOW) return value;
  // Exact: below 2^53 the logarithm is off by less than a bit, which the two lines after it mend.
  let bits = Math.floor(Math.log2(value));
  if (2 ** bits > value) bits -= 1;
  else if (2 ** (bits + 1) <= value) bits += 1;
  const part = Math.floor(value / 2 ** (bits - EXACT_BITS + 1)) - PARTS;
  return EXACT_BELOW + (bits - EXACT_BITS) * PARTS + part;
}

/** The lowest value of a bucket, and the highest. */
export function boundsOf(bucket: number): { lowest: number; highest: number } {
  if (bucket < EXACT_BELOW) return { lowest: bucket, highest: bucket };
  const doubling = Math.floor((bucket - EXACT_BELOW) / PARTS);
  const part = (bucket - EXACT_BELOW) % PARTS;
  const width = 2 ** (doubling + 1);
  const lowest = (PARTS + part) * width;
  return { lowest, highest: lowest + width - 1 };
}

/** Enters a value, `times` times; −1 takes one out that was entered before. */
export function enter(histogram: Histogram, value: number, times: 1 | -1 = 1): void {
  const bucket = bucketOf(value);
  const count = (histogram.get(bucket) ?? 0) + times;
  if (count > 0) histogram.set(bucket, Math.min(count, Number.MAX_SAFE_INTEGER));
  else histogram.delete(bucket);
}

/** Adds the counts of `more` in place. */
export function addHistogram(histogram: Histogram, more: ReadonlyMap<number, number>): void {
  for (const [bucket, count] of more) histogram.set(bucket, addSaturating(histogram.get(bucket) ?? 0, count));
}

/** How many values were entered. */
export function countOf(histogram: ReadonlyMap<number, number>): number {
  return [...histogram.values()].reduce(addSaturating, 0);
}

/**
 * The value below which this share (0 … 1) of the entered ones lies, interpolated between neighbours; null where there is
 * none. At most 1/32 beside that of the values themselves: within its bucket they are taken to be spread evenly.
 */
export function quantileOf(histogram: ReadonlyMap<number, number>, share: number): number | null {
  const total = countOf(histogram);
  if (total === 0) return null;
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const rank = share * (total - 1);
  const below = valueAt(buckets, Math.floor(rank));
  return below + (rank - Math.floor(rank)) * (valueAt(buckets, Math.ceil(rank)) - below);
}

/** About the value that stands at this place, 0 for the smallest. */
function valueAt(buckets: readonly (readonly [bucket: number, count: number])[], place: number): number {
  let before = 0;
  for (const [bucket, count] of buckets) {
    if (place < before + count) {
      const { lowest, highest } = boundsOf(bucket);
      return count === 1 ? (lowest + highest) / 2 : lowest + ((highest - lowest) * (place - before)) / (count - 1);
    }
    before += count;
  }
  return 0;
}

/** Sparse: how many buckets, then for each its distance from the one before and its count. */
export function writeHistogram(writer: ReturnType<typeof createVarintWriter>, histogram: Histogram): void {
  writer.write(histogram.size);
  let last = 0;
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    writer.write(bucket - last);
    writer.write(count);
    last = bucket;
  }
}

export function readHistogram(reader: ReturnType<typeof createVarintReader>): Histogram {
  const histogram: Histogram = new Map();
  let last = 0;
  for (let left = reader.read(); left > 0; left -= 1) {
    last += reader.read();
    histogram.set(last, reader.read());
  }
  return histogram;
}

/** One histogram alone as bytes. */
export function packHistogram(histogram: Histogram): Uint8Array {
  const writer = createVarintWriter();
  writeHistogram(writer, histogram);
  return writer.bytes();
}

export const unpackHistogram = (bytes: Uint8Array): Histogram => readHistogram(createVarintReader(bytes));
