import { expect, it } from "vitest";
import { guardListener } from "./guard-listener";

const guarded = (listen: () => unknown) => {
  const logged: string[] = [];
  return { logged, hear: guardListener(listen, "not_heard", (_level, event) => logged.push(event)) };
};

it("answers what it hears, and nothing where that throws", () => {
  expect(guarded(() => 7).hear?.()).toBe(7);
  const { logged, hear } = guarded(() => {
    throw new Error("not now");
  });
  expect([hear?.(), logged]).toEqual([undefined, ["not_heard"]]);
});

it("logs a promise that is broken, which nobody else would hear of", async () => {
  const { logged, hear } = guarded(() => Promise.reject(new Error("not now")));
  hear?.();
  await expect.poll(() => logged).toEqual(["not_heard"]);
});
