import { afterEach, describe, expect, it } from "vitest";
import type { AppError } from "@/lib/platform/errors";
import { createTurnQueue, type Turn, type TurnQueueBounds } from "./turn-queue";

const BOUNDS: TurnQueueBounds = {
  runningMax: 2,
  runningOfOneMax: 1,
  waitingMax: 4,
  waitingOfOneMax: 2,
  bytesMax: 100,
  waitMsMax: 60_000,
};

/** Nobody waits on when a test is over: a minute later they would be told in the middle of another file's. */
const asked: Turn[] = [];
afterEach(() => {
  // From the last to the first, so that none of them begins by another's leaving.
  for (const turn of asked.splice(0).reverse()) turn.leave();
});

/** A queue whose time the test sets, with the order in which turns came. */
function open(bounds: Partial<TurnQueueBounds> = {}) {
  let nowMs = 0;
  const refused: string[] = [];
  const made = createTurnQueue(
    "pages",
    { ...BOUNDS, ...bounds },
    { uptimeMs: () => nowMs, random: () => 0.5, onRefused: (name) => refused.push(name) },
  );
  const queue = {
    ...made,
    enter: (...call: Parameters<typeof made.enter>) => {
      const turn = made.enter(...call);
      asked.push(turn);
      return turn;
    },
  };
  const order: string[] = [];
  const enter = (whose: string, label = whose, isFirst = false) => {
    const turn = queue.enter(whose, 0, isFirst);
    const came = turn.came.then(() => order.push(label));
    return { ...turn, came };
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { queue, enter, order, refused, pass };
}

function refusalOf(ask: () => unknown): AppError {
  try {
    ask();
  } catch (error) {
    return error as AppError;
  }
  throw new Error("it was let in");
}

describe("a queue for turns", () => {
  it("serves whoever asks in turn, however much another has asked for before", async () => {
    const { enter, order } = open({ runningMax: 1, waitingOfOneMax: 3 });
    const [one, two, three] = [1, 2, 3].map((at) => enter("flood", `flood ${at}`));
    const other = enter("other", "other 1");
    for (const turn of [one, two, other, three]) {
      await turn?.came;
      turn?.leave();
    }
    expect(order).toEqual(["flood 1", "flood 2", "other 1", "flood 3"]);
  });

  it("lets nobody take more than their share, of turns and of places, while others find room", async () => {
    const { queue, enter } = open();
    await enter("one").came;
    enter("one");
    enter("one");
    expect(queue.figures()).toMatchObject({ running: 1, waiting: 2 });
    expect(refusalOf(() => queue.enter("one")).code).toBe("unavailable");
    await enter("other").came;
    expect(queue.figures()).toMatchObject({ running: 2, waiting: 2, refusedLately: 1 });
  });

  it("sends away whoever finds no place, with a Retry-After by how fast turns were given back", async () => {
    const { enter, queue, refused, pass } = open({ runningOfOneMax: 2, waitingOfOneMax: 4 });
    const held = [enter("a"), enter("b")];
    await Promise.all(held.map(({ came }) => came));
    for (const whose of ["a", "b", "c", "d"]) enter(whose);
    const slow = refusalOf(() => queue.enter("e"));
    expect(slow).toMatchObject({ code: "unavailable", isOverload: true, retryAfterSeconds: 12 });
    pass(1_000);
    for (const { leave } of held) leave();
    for (const whose of ["e", "f"]) enter(whose);
    expect(refusalOf(() => queue.enter("g")).retryAfterSeconds).toBeLessThanOrEqual(12);
    expect(refused).toEqual(["pages", "pages"]);
    pass(60_001);
    expect(queue.figures().refusedLately).toBe(0);
  });

  it("bounds the bytes of all that it holds, and frees them however a turn ends", async () => {
    const { queue } = open({ runningMax: 1 });
    const running = queue.enter("a", 60);
    const waiting = queue.enter("b", 40);
    expect(refusalOf(() => queue.enter("c", 1)).code).toBe("unavailable");
    waiting.leave();
    waiting.leave();
    const next = queue.enter("c", 40);
    running.leave();
    await next.came;
    next.leave();
    expect(queue.figures()).toMatchObject({ running: 0, waiting: 0 });
    expect(() => queue.enter("d", 100)).not.toThrow();
  });

  it("bounds the bytes of one, however much room there is for others", async () => {
    const { queue } = open({ runningOfOneMax: 2, bytesOfOneMax: 50 });
    const first = queue.enter("a", 30);
    expect(refusalOf(() => queue.enter("a", 30)).code).toBe("unavailable");
    await queue.enter("b", 50).came;
    first.leave();
    expect(() => queue.enter("a", 50)).not.toThrow();
  });

  it("puts what goes first before what waits, and within the same bounds", async () => {
    const { enter, order, queue } = open({ runningMax: 1 });
    const running = enter("a");
    await running.came;
    enter("b");
    enter("c", "first", true);
    running.leave();
    await expect.poll(() => order).toEqual(["a", "first"]);
    for (const whose of ["d", "e", "f"]) enter(whose);
    expect(refusalOf(() => queue.enter("g", 0, true)).code).toBe("unavailable");
  });

  it("keeps nobody waiting for ever: after its time, and when it closes, whoever waits is told", async () => {
    const { queue } = open({ runningMax: 1, waitMsMax: 1 });
    await queue.enter("a").came;
    await expect(queue.enter("b").came).rejects.toMatchObject({ code: "unavailable", isOverload: true });
    const closing = open({ runningMax: 1 }).queue;
    await closing.enter("a").came;
    const told = expect(closing.enter("b").came).rejects.toMatchObject({ code: "unavailable" });
    closing.close();
    await told;
  });
});
