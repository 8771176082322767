import { createHash } from "node:crypto";

/** Draws that a seed gives: the same seed, the same draws, on every machine. */
export type Random = {
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** True once in `times`. */
  oneIn(times: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** Some of the items, each with even odds, in their order. */
  some<Item>(items: readonly Item[]): Item[];
  /** As many as drawn from `min` to `max`. */
  list<Item>(min: number, max: number, make: () => Item): Item[];
};

/** sfc32, its state the SHA-256 of the seed. */
export function randomOf(seed: string): Random {
  const digest = createHash("sha256").update(seed).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as [number, number, number, number];
  const next = () => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  const integer = (min: number, max: number) => min + Math.floor((next() / 2 ** 32) * (max - min + 1));
  return {
    integer,
    oneIn: (times) => integer(1, times) === 1,
    pick: (items) => {
      if (items.length === 0) throw new Error("nothing to pick from");
      return items[integer(0, items.length - 1)] as (typeof items)[number];
    },
    some: (items) => items.filter(() => integer(0, 1) === 1),
    list: (min, max, make) => Array.from({ length: integer(min, max) }, make),
  };
}
