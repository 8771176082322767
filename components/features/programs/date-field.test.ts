import { describe, expect, it } from "vitest";
import { fromDay, toDay } from "./date-field";

describe("the day of an `until`", () => {
  it("means its first instant in UTC", () => {
    expect(fromDay("2027-02-17", undefined)).toBe(Date.UTC(2027, 1, 17) / 1000);
    expect(toDay(Date.UTC(2027, 1, 17, 23, 59) / 1000)).toBe("2027-02-17");
  });

  it("keeps the exact instant where the day was not changed, so that opening an editor edits nothing", () => {
    const until = Date.UTC(2027, 1, 17, 8, 30) / 1000;
    expect(fromDay(toDay(until), until)).toBe(until);
  });

  it("is without end where the field is empty or unreadable", () => {
    expect([fromDay("", 1), fromDay("2027-02-31x", undefined)]).toEqual([undefined, undefined]);
  });
});
