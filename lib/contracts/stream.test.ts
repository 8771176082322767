import { expect, it } from "vitest";
import { readStreamEvent } from "./stream";

it("reads what the stream says is out of date, and takes nothing else for an event", () => {
  expect(readStreamEvent('{"topic":"audit"}')).toEqual({ topic: "audit" });
  expect(readStreamEvent('{"topic":"telemetry","appIds":["a.b"],"more":1}')).toEqual({
    topic: "telemetry",
    appIds: ["a.b"],
  });
  const others = ["", "{", "null", "7", '"audit"', "[]", "{}", '{"topic":"toString"}', '{"topic":["audit"]}'];
  others.push('{"topic":"audit","appIds":"a.b"}', '{"topic":"audit","appIds":[1]}', '{"topic":"audit","appIds":null}');
  for (const text of others) expect(readStreamEvent(text), text).toBeNull();
});
