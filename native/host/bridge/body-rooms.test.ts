import { describe, expect, it } from "vitest";
import { createBodyRooms } from "./body-rooms";

const never = new AbortController().signal;

describe("room for large answers", () => {
  it("is one program's one after the other, in order, and whoever gives up waits for none", async () => {
    const rooms = createBodyRooms(1);
    const order: string[] = [];
    const giveBack = await rooms.take(never);
    const gone = new AbortController();
    const lost = rooms.take(gone.signal);
    const second = rooms.take(never).then((back) => {
      order.push("second");
      return back;
    });
    const third = rooms.take(never).then(() => order.push("third"));
    gone.abort();
    await expect(lost).rejects.toThrow();
    expect(order).toEqual([]);
    giveBack();
    const back = await second;
    expect(order).toEqual(["second"]);
    back();
    await third;
    expect(order).toEqual(["second", "third"]);
    await expect(rooms.take(gone.signal)).rejects.toThrow();
  });
});
