import { expect, it } from "vitest";
import { createAccessTokenReader, makeAccessToken } from "./access-token";

const key = Buffer.alloc(32, 1);

it("a token that was found valid before is expired when its time is over, and stays so", () => {
  const read = createAccessTokenReader(key);
  const token = makeAccessToken(key, "dev_a", 1_000);
  expect(read(token, 998)).toEqual({ result: "valid", deviceId: "dev_a" });
  expect(read(token, 999)).toEqual({ result: "valid", deviceId: "dev_a" });
  expect(read(token, 1_000)).toEqual({ result: "expired", deviceId: "dev_a" });
  expect(read(token, 1_001)).toEqual({ result: "expired", deviceId: "dev_a" });
});

it("a token is nobody's by another key or with another character, whatever was read before", () => {
  const read = createAccessTokenReader(key);
  const token = makeAccessToken(key, "dev_a", 1_000);
  expect(read(token, 1).result).toBe("valid");
  const last = token.at(-2) === "A" ? "B" : "A";
  for (const other of [
    makeAccessToken(Buffer.alloc(32, 2), "dev_a", 1_000),
    `${token.slice(0, -2)}${last}${token.at(-1)}`,
    `${token}.`,
    "",
  ]) {
    expect(read(other, 1)).toEqual({ result: "invalid" });
  }
});
