import { expect, it } from "vitest";
import { createTransactionScope } from "./transaction-scope";

/** Something that is open until it is told to end. */
function held() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, ended };
}

it("finds whoever stands inside, also beside one that ended and after all have", async () => {
  const scope = createTransactionScope();
  const long = held();
  const inLong = scope.run(async () => {
    await long.ended;
    await expect(async () => scope.refuseInside()).rejects.toMatchObject({ code: "internal" });
  });
  await scope.run(async () => {
    await expect(async () => scope.refuseInside()).rejects.toMatchObject({ code: "internal" });
  });
  scope.refuseInside();
  long.end();
  await inLong;
  scope.refuseInside();
  await expect(scope.run(() => scope.run(async () => undefined))).rejects.toMatchObject({ code: "internal" });
});

it("lets what was begun inside and outlives it stand outside, whether or not another one is open by then", async () => {
  const scope = createTransactionScope();
  const late = held();
  let outliving: Promise<void> = Promise.resolve();
  await scope.run(async () => {
    outliving = late.ended.then(() => scope.refuseInside());
  });
  await scope.run(async () => {
    late.end();
    await outliving;
  });
});
