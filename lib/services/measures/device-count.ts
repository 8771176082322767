import {
  countDevices,
  type DeviceSketch,
  EXACT_DEVICES,
  hashDevice,
  mergeSketches,
  sketchOf,
  unpackSketch,
} from "@/lib/domain/measures/device-sketch";

/** How many devices are in all that is added, whatever is added twice. */
export type DeviceCount = {
  addPacked(sketch: Uint8Array): void;
  addDevice(deviceId: string): void;
  /** Exact up to `EXACT_DEVICES`; a greater number is an estimate, and pages say so. */
  count(): number;
};

export function createDeviceCount(): DeviceCount {
  const hashes = new Set<number>();
  let many: DeviceSketch | null = null;
  return {
    addPacked(packed) {
      const sketch = unpackSketch(packed);
      if ("registers" in sketch) many = many === null ? sketch : mergeSketches(many, sketch);
      else for (const hash of sketch.hashes) hashes.add(hash);
    },
    addDevice(deviceId) {
      hashes.add(hashDevice(deviceId));
    },
    count() {
      const few = sketchOf(hashes);
      return countOf(many === null ? few : mergeSketches(many, few));
    },
  };
}

/** How many devices a sketch is of; an estimate never passes for an exact number. */
export const countOf = (sketch: DeviceSketch): number =>
  "hashes" in sketch ? countDevices(sketch) : Math.max(countDevices(sketch), EXACT_DEVICES + 1);
