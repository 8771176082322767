import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countDevices,
  EXACT_DEVICES,
  hashDevice,
  mergeSketches,
  packSketch,
  sketchOf,
  unpackSketch,
} from "./device-sketch";
import { addHistogram, boundsOf, bucketOf, enter, type Histogram, quantileOf } from "./histogram";
import {
  addMeasures,
  COUNTERS,
  enterLate,
  enterMinutes,
  type MinuteNumbers,
  noMeasures,
  noNumbers,
  packHistograms,
  unpackHistograms,
} from "./measures";
import { createVarintReader, createVarintWriter } from "./varints";

/** Small ones, those beside each power of two, and the greatest. */
const whole = fc.oneof(
  fc.nat(200),
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }))
    .map(([bits, off]) => Math.max(0, 2 ** bits + off)),
  fc.maxSafeNat(),
);
const minute: fc.Arbitrary<MinuteNumbers> = fc
  .tuple(whole, whole, whole, fc.option(whole), fc.option(whole))
  .map(([cpuMs, memoryBytesMax, requests, bridgeCalls, storageBytesMax]) => {
    return { ...noNumbers(), cpuMs, memoryBytesMax, requests, bridgeCalls, storageBytesMax };
  });

describe("a histogram", () => {
  it("has one bucket for each value, in the order of the values, none wider than 1/32 of what is in it", () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const { lowest, highest } = boundsOf(bucketOf(a));
        expect(lowest <= a && a <= highest).toBe(true);
        expect((highest - lowest) * 32).toBeLessThanOrEqual(lowest);
        if (a <= b) expect(bucketOf(a)).toBeLessThanOrEqual(bucketOf(b));
      }),
      { numRuns: 2000 },
    );
  });

  it("gives quantiles at most 1/32 beside those of the values, and of small ones their own", () => {
    fc.assert(
      fc.property(
        fc.array(whole, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 0.5, 0.95, 1),
        (values, share) => {
          const histogram: Histogram = new Map();
          for (const value of values) enter(histogram, value);
          const sorted = values.toSorted((a, b) => a - b);
          const rank = share * (values.length - 1);
          const [below = 0, above = 0] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
          const found = quantileOf(histogram, share) ?? -1;
          expect(found).toBeGreaterThanOrEqual(below - below / 32);
          expect(found).toBeLessThanOrEqual(above + above / 32);
        },
      ),
    );
    expect(quantileOf(new Map(), 0.5)).toBeNull();
  });

  it("of two is the histogram of all values of both, and what is taken out was never in it", () => {
    fc.assert(
      fc.property(fc.array(whole), fc.array(whole), fc.array(whole), (a, b, undone) => {
        const [one, other, all]: [Histogram, Histogram, Histogram] = [new Map(), new Map(), new Map()];
        for (const value of a) enter(one, value);
        for (const value of [...b, ...undone]) enter(other, value);
        for (const value of undone) enter(other, value, -1);
        for (const value of [...b, ...a]) enter(all, value);
        addHistogram(one, other);
        expect(new Map([...one].sort())).toEqual(new Map([...all].sort()));
      }),
    );
  });
});

describe("a sketch of devices", () => {
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => hashDevice(`dev_${from + n}`));

  it("counts few exactly and many within four standard errors, whatever is told twice", () => {
    const few = ids(0, EXACT_DEVICES);
    expect(countDevices(sketchOf([...few, ...few]))).toBe(EXACT_DEVICES);
    for (const many of [EXACT_DEVICES + 1, 1_000, 2_600, 5_000, 60_000]) {
      const counted = countDevices(sketchOf(ids(0, many)));
      expect(Math.abs(counted - many) / many).toBeLessThan((4 * 1.04) / Math.sqrt(1024));
    }
  });

  it("is the same however devices are divided, repeated and packed, few or many", () => {
    const hashes = fc.oneof(
      fc.array(fc.nat(300).map((n) => hashDevice(`d${n}`))),
      fc.nat(300).map((n) => ids(n, n + 150)),
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 150, maxLength: 200 }),
    );
    fc.assert(
      fc.property(hashes, hashes, hashes, (a, b, c) => {
        const packed = [a, b, c].map((some) => unpackSketch(packSketch(sketchOf(some))));
        const [one = sketchOf([]), other = one, third = one] = packed;
        const all = sketchOf([...c, ...b, ...a, ...a]);
        expect(mergeSketches(mergeSketches(one, other), third)).toEqual(all);
        expect(mergeSketches(one, mergeSketches(third, other))).toEqual(all);
      }),
    );
    expect(unpackSketch(new Uint8Array())).toEqual(sketchOf([]));
    expect(() => unpackSketch(Uint8Array.of(1, 2))).toThrow(RangeError);
    expect(() => unpackSketch(Uint8Array.of(9))).toThrow(RangeError);
  });
});

describe("measures", () => {
  const entered = (minutes: readonly MinuteNumbers[]) => {
    const measures = noMeasures();
    for (const [nth, one] of minutes.entries())
      enterMinutes(measures, [{ hash: hashDevice(`d${nth}`), numbers: one, before: null }]);
    return measures;
  };
  const told = (measures: ReturnType<typeof noMeasures>) => ({
    ...measures,
    histograms: packHistograms(measures.histograms),
  });

  it("of two parts are the measures of both, and packed histograms are read as they were", () => {
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 8 }), fc.array(minute, { maxLength: 8 }), (a, b) => {
        const [one, other] = [noMeasures(), noMeasures()];
        for (const [nth, of] of a.entries())
          enterMinutes(one, [{ hash: hashDevice(`d${nth}`), numbers: of, before: null }]);
        for (const [nth, of] of b.entries())
          enterMinutes(other, [{ hash: hashDevice(`d${a.length + nth}`), numbers: of, before: null }]);
        addMeasures(one, { ...other, histograms: unpackHistograms(packHistograms(other.histograms)) });
        expect(told(one)).toEqual(told(entered([...a, ...b])));
      }),
    );
  });

  it("are the same whether a minute came in one step or grew in two", () => {
    fc.assert(
      fc.property(minute, fc.nat(1000), (first, more) => {
        const grown = { ...first, cpuMs: Math.min(Number.MAX_SAFE_INTEGER, first.cpuMs + more) };
        const stepwise = entered([first]);
        enterMinutes(stepwise, [{ hash: hashDevice("d0"), numbers: grown, before: first }]);
        expect(told(stepwise)).toEqual(told(entered([grown])));
      }),
    );
  });

  it("of a late entry are its counters and the word that it was late, and nothing else", () => {
    const late = noMeasures();
    enterLate(late, { ...noNumbers(), requests: 4, memoryBytesMax: 9, bridgeCalls: 2, storageBytesMax: 7 }, 3);
    expect(told(late)).toEqual({ ...told(noMeasures()), requests: 4, bridgeCalls: 2, late: 3 });
  });

  it("stay at 2^53−1", () => {
    const most = { ...noNumbers(), ...Object.fromEntries(COUNTERS.map((name) => [name, Number.MAX_SAFE_INTEGER])) };
    expect(entered([most, most])).toMatchObject({ requests: Number.MAX_SAFE_INTEGER, minutes: 2 });
  });
});

it("numbers are read as they were written, and a cut one is refused", () => {
  fc.assert(
    fc.property(fc.array(whole), (values) => {
      const writer = createVarintWriter();
      for (const value of values) writer.write(value);
      const reader = createVarintReader(writer.bytes());
      expect(values.map(() => reader.read())).toEqual(values);
      expect(reader.isAtEnd()).toBe(true);
    }),
  );
  expect(() => createVarintReader(Uint8Array.of(200)).read()).toThrow(RangeError);
  expect(() => createVarintReader(new Uint8Array(9).fill(255)).read()).toThrow(RangeError);
});
