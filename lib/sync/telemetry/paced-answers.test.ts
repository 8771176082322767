import { describe, expect, it } from "vitest";
import type { Announcement, Store, Transaction } from "@/db/store";
import { randomIds } from "@/lib/platform/ids";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import { createPacedAnswers } from "./paced-answers";

const ANSWER: TelemetryAnswer = { accepted: 1, rejected: [], nextIntervalSeconds: 60, sampling: 100 };

function setUp() {
  const clock = { at: 1_000_000, nowMs: () => clock.at };
  const told: Announcement[] = [];
  const logged: string[] = [];
  let isAway = false;
  const store = {
    in: () => store,
    transaction: async (work: (tx: Transaction) => Promise<unknown>) => {
      if (isAway) throw new Error("away");
      await work({ announce: (announcement: Announcement) => told.push(announcement) } as unknown as Transaction);
    },
  } as unknown as Store;
  const logger = (_level: string, event: string) => void logged.push(event);
  const answers = createPacedAnswers(store, { clock, ids: randomIds, logger }, 4);
  return { clock, told, logged, answers, goAway: () => (isAway = true) };
}

/** So many batches at once that are answered when it is said. */
function waitingBatches(answers: ReturnType<typeof setUp>["answers"], count: number) {
  let release: (answer: TelemetryAnswer) => void = () => undefined;
  const answer = new Promise<TelemetryAnswer>((resolve) => {
    release = resolve;
  });
  const batches = Array.from({ length: count }, (_, n) => answers.answer(`dev_${n}`, () => answer));
  return { release: () => release(ANSWER), all: Promise.all(batches) };
}

describe("an answer with load's own time", () => {
  it("is the document's for one device, however long its own batch took", async () => {
    const { clock, told, answers } = setUp();
    const slow = async () => {
      clock.at += 30_000;
      return ANSWER;
    };
    const answered = await answers.answer("dev_1", slow);
    expect(answered.nextIntervalSeconds).toBeLessThanOrEqual(66);
    expect(told).toEqual([]);
  });

  it("is more while others wait, and every process hears of it", async () => {
    const { clock, told, logged, answers } = setUp();
    const waiting = waitingBatches(answers, 4);
    clock.at += 1000;
    const { nextIntervalSeconds, ...rest } = await answers.answer("dev_9", async () => ANSWER);
    expect(rest).toEqual({ accepted: 1, rejected: [], sampling: 100 });
    expect(nextIntervalSeconds).toBeGreaterThanOrEqual(600);
    expect(told).toEqual([{ topic: "reporting", from: expect.stringMatching(/^prc_/), everySeconds: 600 }]);
    expect(logged).toEqual(["report_interval"]);
    waiting.release();
    await waiting.all;
  });

  it("is given where it cannot be told, and what refuses a batch is raised as it is and waits no more", async () => {
    const { clock, logged, answers, goAway } = setUp();
    goAway();
    const waiting = waitingBatches(answers, 4);
    clock.at += 1000;
    expect((await answers.answer("dev_9", async () => ANSWER)).nextIntervalSeconds).toBeGreaterThanOrEqual(600);
    expect(logged).toEqual(["report_interval", "report_interval_untold"]);
    waiting.release();
    await waiting.all;
    const refused = answers.answer("dev_9", () => Promise.reject(new Error("no")));
    await expect(refused).rejects.toThrow("no");
    clock.at += 3_600_000;
    expect((await answers.answer("dev_9", async () => ANSWER)).nextIntervalSeconds).toBeLessThanOrEqual(66);
  });
});
