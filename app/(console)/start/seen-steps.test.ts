import { describe, expect, test } from "vitest";
import { seenSteps } from "./seen-steps";

type Lists = Parameters<typeof seenSteps>[0];

const nothing = {
  publishers: { items: [], total: 0 },
  programs: { items: [], total: 0, counts: { live: 0, waiting: 0, suspended: 0 } },
  devices: { counts: { enrolled: 0 } },
};
// Safe: the members that are read are the ones that stand here.
const lists = (more: object) => ({ ...nothing, ...more }) as unknown as Lists;
const doneOf = (seen: ReturnType<typeof seenSteps>) =>
  Object.entries(seen).flatMap(([name, { isDone }]) => (isDone ? [name] : []));

describe("the way to the first program", () => {
  test("begins with nothing ticked off", () => {
    expect(doneOf(seenSteps(lists({})))).toEqual([]);
  });

  test("ticks off what is seen, in whatever order it was done, and a revoked key is none", () => {
    const devices = { counts: { enrolled: 2 } };
    const publishers = { items: [{ name: "Harbor Games", keys: [{ status: "revoked" }] }], total: 1 };
    expect(doneOf(seenSteps(lists({ devices, publishers })))).toEqual(["publisher", "device"]);
    const keyed = { items: [{ name: "Harbor Games", keys: [{ status: "active" }] }], total: 1 };
    expect(seenSteps(lists({ publishers: keyed })).key).toEqual({ isDone: true, says: "1 active key" });
  });

  test("is at its end when a device tells of a live program", () => {
    const one = (devices24h: number) => ({ items: [{ name: "Tides", devices24h }], total: 1 });
    const waiting = { ...one(0), counts: { live: 0, waiting: 1, suspended: 0 } };
    expect(doneOf(seenSteps(lists({ programs: waiting })))).toEqual(["program", "version"]);
    const live = { ...one(3), counts: { live: 1, waiting: 0, suspended: 0 } };
    expect(doneOf(seenSteps(lists({ programs: live })))).toEqual(["program", "version", "listed", "runs"]);
  });
});
