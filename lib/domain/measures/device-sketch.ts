import { createVarintReader, createVarintWriter } from "./varints";

/**
 * Which devices told of something, in so far as it can be counted. `hashes`: all of them, ascending, while there are few,
 * and the count is exact. `registers`: of each of 1,024 parts of the hashes the longest run of leading zeros (HyperLogLog);
 * the standard error of the count is 1.04/√1024, 3.3 %. Which of the two it is depends on the devices alone, so that
 * neither order nor repetition matters: merging is the union of the hashes, or the greater of each register.
 */
export type DeviceSketch = { hashes: readonly number[] } | { registers: Uint8Array };

/** Up to as many devices are counted exactly. */
export const EXACT_DEVICES = 160;

/** Whether a number of devices that a sketch was counted to is an estimate; every page asks here whether to say "about". */
export const isEstimate = (devices: number): boolean => devices > EXACT_DEVICES;

const INDEX_BITS = 10;
const REGISTERS = 2 ** INDEX_BITS;
/** A run is at most 22 zeros and the bit that ends it: it fits in five bits. */
const REGISTER_BITS = 5;
const REST_BITS = 32 - INDEX_BITS;

export const NO_DEVICES: DeviceSketch = { hashes: [] };

/**
 * The hash of a device's id, 0 … 2^32−1: FNV-1a over its UTF-16 units, mixed as MurmurHash3 ends. Ids are made by the
 * platform, so that nobody chooses what falls together.
 */
export function hashDevice(deviceId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < deviceId.length; at += 1) hash = Math.imul(hash ^ deviceId.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The sketch of the devices with these hashes. */
export function sketchOf(hashes: Iterable<number>): DeviceSketch {
  const distinct = [...new Set(hashes)].sort((a, b) => a - b);
  if (distinct.length <= EXACT_DEVICES) return { hashes: distinct };
  const registers = new Uint8Array(REGISTERS);
  for (const hash of distinct) register(registers, hash);
  return { registers };
}

function register(registers: Uint8Array, hash: number): void {
  const index = hash >>> REST_BITS;
  const run = Math.min(Math.clz32(hash << INDEX_BITS), REST_BITS) + 1;
  if (run > (registers[index] ?? 0)) registers[index] = run;
}

/** The sketch of the devices of both. */
export function mergeSketches(a: DeviceSketch, b: DeviceSketch): DeviceSketch {
  if ("hashes" in a) return "hashes" in b ? sketchOf([...a.hashes, ...b.hashes]) : mergeSketches(b, a);
  const registers = a.registers.slice();
  if ("hashes" in b) for (const hash of b.hashes) register(registers, hash);
  else for (const [index, run] of b.registers.entries()) registers[index] = Math.max(run, registers[index] ?? 0);
  return { registers };
}

/** How many devices. */
export function countDevices(sketch: DeviceSketch): number {
  if ("hashes" in sketch) return sketch.hashes.length;
  let sum = 0;
  let empty = 0;
  for (const run of sketch.registers) {
    sum += 2 ** -run;
    if (run === 0) empty += 1;
  }
  const estimate = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS ** 2) / sum;
  // While registers are empty, how many are says more than how long the runs of the others are.
  const isSmall = estimate <= 2.5 * REGISTERS && empty > 0;
  return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
}

/** Told apart by the first byte: distances between neighbours, or five bits a register, 640 bytes. */
export function packSketch(sketch: DeviceSketch): Uint8Array {
  if ("registers" in sketch) {
    const packed = new Uint8Array(1 + (REGISTERS * REGISTER_BITS) / 8);
    packed[0] = 1;
    for (const [index, run] of sketch.registers.entries()) {
      const bit = 8 + index * REGISTER_BITS;
      const shifted = run << (16 - REGISTER_BITS - (bit % 8));
      packed[bit >> 3] = (packed[bit >> 3] ?? 0) | (shifted >> 8);
      if ((bit >> 3) + 1 < packed.length) packed[(bit >> 3) + 1] = (packed[(bit >> 3) + 1] ?? 0) | (shifted & 0xff);
    }
    return packed;
  }
  const writer = createVarintWriter();
  writer.write(0);
  let last = 0;
  for (const hash of sketch.hashes) {
    writer.write(hash - last);
    last = hash;
  }
  return writer.bytes();
}

/** Reads what was packed; of no bytes at all no devices. Raises a `RangeError` for bytes that are no sketch. */
export function unpackSketch(bytes: Uint8Array): DeviceSketch {
  if (bytes[0] === 1) {
    if (bytes.length !== 1 + (REGISTERS * REGISTER_BITS) / 8) throw new RangeError("a sketch has other bytes");
    const registers = new Uint8Array(REGISTERS);
    for (let index = 0; index < REGISTERS; index += 1) {
      const bit = 8 + index * REGISTER_BITS;
      const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
      registers[index] = (pair >> (16 - REGISTER_BITS - (bit % 8))) & 0x1f;
    }
    return { registers };
  }
  const reader = createVarintReader(bytes);
  if (!reader.isAtEnd() && reader.read() !== 0) throw new RangeError("a sketch of a kind that is not known");
  const hashes: number[] = [];
  let last = 0;
  while (!reader.isAtEnd()) {
    last += reader.read();
    hashes.push(last);
  }
  return { hashes };
}
