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
  addAll(other: DeviceCount): void;
  sketch(): DeviceSketch;
  /** Exact up to `EXACT_DEVICES`; a greater number is an estimate, and pages say so. */
  count(): number;
};

export function createDeviceCount(): DeviceCount {
  const hashes = new Set<number>();
  let many: DeviceSketch | null = null;
  const add = (sketch: DeviceSketch) => {
    if ("registers" in sketch) many = many === null ? sketch : mergeSketches(many, sketch);
    else for (const hash of sketch.hashes) hashes.add(hash);
  };
  /** Hour after hour the same devices tell of most things: what was just added is not unpacked again. */
  let newest: Uint8Array | null = null;
  const sketch = () => (many === null ? sketchOf(hashes) : mergeSketches(many, sketchOf(hashes)));
  return {
    addPacked(packed) {
      if (newest !== null && Buffer.compare(newest, packed) === 0) return;
      newest = packed;
      add(unpackSketch(packed));
    },
    addAll: (other) => add(other.sketch()),
    sketch,
    addDevice(deviceId) {
      hashes.add(hashDevice(deviceId));
    },
    count() {
      const all = sketch();
      // An estimate never passes for an exact number.
      return "hashes" in all ? countDevices(all) : Math.max(countDevices(all), EXACT_DEVICES + 1);
    },
  };
}
