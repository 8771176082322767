import { expect, it } from "vitest";
import { hashDevice } from "@/lib/domain/measures/device-sketch";
import { devicesIn, enterLate, enterMinutes, noMeasures, noNumbers, quantileIn } from "@/lib/domain/measures/measures";
import { measuresOf, sumMeasures, toMeasureColumns } from "./measures";

it("measures are read from their columns as they were, and those of several rows are added up", () => {
  const [one, other] = [noMeasures(), noMeasures()];
  enterMinutes(one, [
    { hash: hashDevice("dev_a"), numbers: { ...noNumbers(), cpuMs: 40, bridgeCalls: 3 }, before: null },
  ]);
  enterMinutes(other, [
    { hash: hashDevice("dev_b"), numbers: { ...noNumbers(), cpuMs: 60, storageBytesMax: 9 }, before: null },
  ]);
  enterLate(other, { ...noNumbers(), cpuMs: 1 }, 1);
  expect(measuresOf(toMeasureColumns(other))).toEqual(other);
  const sum = sumMeasures([toMeasureColumns(one), toMeasureColumns(other)]);
  expect(sum).toMatchObject({ cpuMs: 101, minutes: 2, late: 1, bridgeCalls: 3, storageBytesMax: 9 });
  expect(devicesIn(sum)).toBe(2);
  expect(quantileIn(sum, "cpuMs", 0.5)).toBe(50);
  expect(quantileIn(sum, "cacheBytesMax", 0.5)).toBeNull();
});
