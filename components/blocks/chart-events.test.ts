import { expect, test } from "vitest";
import { clusterMarks } from "./chart-events";

const at = (minute: number) => ({ at: new Date(minute * 60_000).toISOString() });
/** A pixel a minute. */
const x = (atMs: number) => atMs / 60_000;
const shown = (...minutes: number[]) =>
  clusterMarks(minutes.map(at), x).map(({ members, markX }) => [members.length, markX]);

test("marks that have room stand at their own time", () => {
  expect(shown(100, 10, 40)).toEqual([
    [1, 10],
    [1, 40],
    [1, 100],
  ]);
});

test("marks that would cover each other are one, with how many they are, at the middle of their times", () => {
  expect(shown(10, 11, 20, 60)).toEqual([
    [3, 15],
    [1, 60],
  ]);
});

test.each([24, 44])("no two marks of %i px overlap, and none is lost, however they crowd", (size) => {
  const crowd = Array.from({ length: 200 }, (_, n) => (n * n * 7) % 640);
  const marks = clusterMarks(crowd.map(at), x, size).map(({ members, markX }) => [members.length, markX]);
  expect(marks.reduce((sum, [count = 0]) => sum + count, 0)).toBe(200);
  for (const [place, [, markX = 0]] of marks.entries()) {
    expect(markX - (marks[place - 1]?.[1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(size - 1e-9);
  }
});
