import { beforeEach, describe, expect, it } from "vitest";
import type { ConsentProvider, ConsentQuestion } from "../api/providers";
import { createManualTime, settle } from "../sync/testing/manual-time";
import { createConsentDesk } from "./consent-desk";

let outcomes: string[];
let asked: ConsentQuestion[];
beforeEach(() => {
  outcomes = [];
  asked = [];
});

function deskWith(provider: ConsentProvider | undefined) {
  const time = createManualTime(0);
  const desk = createConsentDesk({
    ...{ appId: "com.example.a", versionCode: 3, limitMs: 1_000, timers: time.timers, log: () => undefined },
    provider:
      provider &&
      ((question) => {
        asked.push(question);
        return provider(question);
      }),
    words: () => ({ name: "A", reason: null }),
    onOutcome: (capability, outcome) => outcomes.push(`${capability} ${outcome}`),
  });
  return { desk, time };
}

const never = () => new Promise<never>(() => undefined);
const answering = (answer: unknown) => (() => answer) as unknown as ConsentProvider;

describe("a person who is asked", () => {
  it.each(["given", "refused"] as const)("has %s once he says so, and is asked no second time", async (answer) => {
    const { desk } = deskWith(async () => answer);
    await Promise.all([desk.ask("location.coarse"), desk.ask("location.coarse")]);
    expect(desk.answerOf("location.coarse")).toBe(answer);
    expect([desk.mayAsk("location.coarse"), desk.ask("location.coarse")]).toEqual([false, undefined]);
    expect(desk.answerOf("contacts.read")).toBeUndefined();
    expect(asked.map(({ capability, title, versionCode }) => [capability, title, versionCode])).toEqual([
      ["location.coarse", "Approximate location", 3],
    ]);
    expect(outcomes).toEqual([`location.coarse ${answer}`]);
  });

  it.each([
    ["throws", () => raise(new Error("no dialog")), "threw"],
    ["rejects", () => Promise.reject(new Error("no dialog")), "threw"],
    ["throws nothing", () => raise(undefined), "threw"],
    ["says true", answering(true), "not_understood"],
    ["says GIVEN", answering("GIVEN"), "not_understood"],
    ["says nothing", answering(undefined), "not_understood"],
    ["says what only looks so", answering({ toString: () => "given" }), "not_understood"],
    ["answers by something that throws when it is waited for", answering(throwingThen()), "threw"],
  ])("and whose provider %s has given nothing, and is not asked again", async (_what, provider, outcome) => {
    const { desk } = deskWith(provider as ConsentProvider);
    await desk.ask("contacts.read");
    expect(desk.answerOf("contacts.read")).toBeUndefined();
    expect(desk.ask("contacts.read")).toBeUndefined();
    expect(outcomes).toEqual([`contacts.read ${outcome}`]);
  });

  it("is waited for so long and no longer; what he says later is not heard", async () => {
    let answer: (said: "given") => void = () => undefined;
    const { desk, time } = deskWith(() => new Promise((resolve) => (answer = resolve)));
    const waits = desk.ask("contacts.read");
    await time.pass(999);
    expect(asked[0]?.signal.aborted).toBe(false);
    await time.pass(1);
    await waits;
    expect(asked[0]?.signal.aborted).toBe(true);
    answer("given");
    await settle();
    expect([desk.answerOf("contacts.read"), time.pending]).toEqual([undefined, 0]);
    expect(outcomes).toEqual(["contacts.read timed_out"]);
  });

  it("keeps no more calls waiting than a few", async () => {
    const { desk, time } = deskWith(never);
    const waits = Array.from({ length: 10 }, () => desk.ask("contacts.read"));
    expect(waits.map((one) => one !== undefined)).toEqual([...Array(8).fill(true), false, false]);
    await time.pass(1_000);
    await Promise.all(waits);
    expect(asked.length).toBe(1);
  });

  it("is left alone when the program ends: the dialog is called off, and nothing is told of it", async () => {
    const { desk, time } = deskWith(never);
    const waits = desk.ask("contacts.read");
    await settle();
    desk.close();
    await waits;
    expect([asked[0]?.signal.aborted, desk.mayAsk("device.info"), time.pending]).toEqual([true, false, 0]);
    expect(outcomes).toEqual([]);
  });

  it("is not there where nobody can ask", () => {
    const { desk } = deskWith(undefined);
    expect([desk.mayAsk("contacts.read"), desk.ask("contacts.read")]).toEqual([false, undefined]);
  });
});

function raise(error: unknown): never {
  throw error;
}

/** What `await` looks into. */
function throwingThen(): unknown {
  const name = ["th", "en"].join("");
  return Object.defineProperty({}, name, { get: () => raise(new Error("not so")) });
}
