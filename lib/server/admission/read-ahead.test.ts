import { expect, it } from "vitest";
import { createReadAhead } from "./read-ahead";

it("one reader takes the share of one, all together what there is, and what is given back is there again", () => {
  const ahead = createReadAhead({ bytesMax: 10, ofOneMax: 6 });
  const first = ahead.reserve("a", 4);
  expect([first.bytes, ahead.reserve("a", 4).bytes, ahead.reserve("a", 4).bytes]).toEqual([4, 2, 0]);
  expect([ahead.reserve("b", 6).bytes, ahead.reserve("c", 1).bytes]).toEqual([4, 0]);
  first.giveBack();
  first.giveBack();
  expect([ahead.reserve("c", 9).bytes, ahead.reserve("c", 9).bytes]).toEqual([4, 0]);
});
