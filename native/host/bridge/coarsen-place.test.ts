import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coarsenPlace } from "./coarsen-place";

describe("a place that is told no finer than a grid", () => {
  it("is one of few, whatever was known, and near the one that was", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -85, max: 85, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        (latitude, longitude, metres) => {
          const told = coarsenPlace({ latitude, longitude, accuracyMetres: 5 }, metres);
          const north = (Number(told?.latitude) - latitude) * 111_320;
          expect(Math.abs(north)).toBeLessThanOrEqual(metres / 2 + 0.2);
          expect(told?.accuracyMetres).toBe(Math.max(5, metres));
          // What lies on the grid stays where it is: nothing of the place is left but the cell.
          expect(coarsenPlace({ ...told }, metres)?.latitude).toBeCloseTo(Number(told?.latitude), 5);
        },
      ),
    );
  });

  it("is the same for two that lie in one cell", () => {
    const near = [52.5201, 52.5202].map((latitude) => coarsenPlace({ latitude, longitude: 13.405 }, 1000)?.latitude);
    expect(near[0]).toBe(near[1]);
  });

  it.each([
    ["a text", { latitude: "52.5200066", longitude: 13.4 }],
    ["half of one", { latitude: 52.5 }],
    ["no number", { latitude: Number.NaN, longitude: 13.4 }],
    ["beyond the pole", { latitude: 90.1, longitude: 0 }],
  ])("is none where it is %s", (_what, place) => {
    expect(coarsenPlace(place, 1000)).toBeUndefined();
  });

  it("is left as it is where no grid is asked for, and where there is none", () => {
    expect(coarsenPlace({ latitude: 52.520006, longitude: 13.404954 }, 0)).toEqual({
      latitude: 52.520006,
      longitude: 13.404954,
    });
    expect(coarsenPlace({ at: 1 }, 1000)).toEqual({ at: 1 });
    expect(coarsenPlace({ latitude: 90, longitude: 77 }, 1000)?.longitude).toBe(0);
  });
});
