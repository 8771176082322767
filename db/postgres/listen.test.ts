import { describe, expect, it } from "vitest";
import { type FakeConnection, fakeConnection } from "../testing/fake-connection";
import { manualTime } from "../testing/manual-time";
import { CHANNEL, startListening } from "./listen";

/** A server that hands on what is sent, as long as the test lets it. */
async function listening(at: { hands?: boolean } = {}) {
  const time = manualTime();
  const made: FakeConnection[] = [];
  const events: string[] = [];
  const heard: string[] = [];
  const world = { refusesConnections: false, hands: true, sends: true, ...at };
  let missed = 0;
  let tries = 0;
  const listener = await startListening({
    ...time,
    async connect() {
      tries += 1;
      if (world.refusesConnections) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      const connection = fakeConnection();
      made.push(connection);
      return connection;
    },
    async notify(channel, payload) {
      if (!world.sends) throw new Error("the pool is exhausted");
      if (world.hands) made.at(-1)?.tell(channel, payload);
    },
    ownChannel: "own",
    logger: (_, event) => events.push(event),
    hear: (payload) => heard.push(payload),
    missed: () => {
      missed += 1;
    },
  });
  const ageMs = () => {
    const at = listener.provenAtMs();
    return at === null ? null : time.clock.nowMs() - at;
  };
  return { time, made, events, heard, world, listener, ageMs, missed: () => missed, tries: () => tries };
}

describe("listening", () => {
  it("is proven every three seconds, and nobody is told anything while it works", async () => {
    const { time, made, ageMs, missed, heard } = await listening();
    made[0]?.tell(CHANNEL, "news");
    for (let turn = 0; turn < 20; turn += 1) {
      await time.pass(1_000);
      expect(ageMs()).toBeLessThanOrEqual(3_000);
    }
    expect(heard).toEqual(["news"]);
    expect([made.length, missed()]).toEqual([1, 0]);
  });

  it.each([
    ["is lost", (fake: FakeConnection) => fake.lose("CONNECTION_LOST")],
    [
      "does not answer",
      (fake: FakeConnection) => {
        // The connection itself gives up after its two seconds.
        fake.answer = async () => {
          fake.lose("ANSWER_TIMEOUT");
          throw new Error("timeout");
        };
      },
    ],
    [
      "is a standby's",
      (fake: FakeConnection) => {
        fake.answer = async () => {
          throw Object.assign(new Error("cannot execute LISTEN during recovery"), { code: "25006" });
        };
      },
    ],
  ])("is begun anew within ten seconds where the connection %s, and what was missed is told", async (_, fail) => {
    const { time, made, events, ageMs, missed } = await listening();
    await time.pass(4_000);
    const [first] = made;
    if (first === undefined) throw new Error("one connection");
    fail(first);
    await time.pass(10_000);
    expect(first.isLost()).toBe(true);
    expect([made.length, missed()]).toEqual([2, 1]);
    expect(events).toEqual(["listening_lost", "listening_again"]);
    expect(ageMs()).toBeLessThanOrEqual(3_000);
  });

  it("is begun anew where it hears nothing of what others announce: they reach another server", async () => {
    const { time, made, world, missed } = await listening();
    await time.settle();
    world.hands = false;
    await time.pass(5_000);
    world.hands = true;
    await time.pass(5_000);
    expect([made.length, missed()]).toEqual([2, 1]);
  });

  it("stays where the other connections cannot send, and counts as proven when something was heard last", async () => {
    const { time, made, world, ageMs } = await listening();
    await time.settle();
    world.sends = false;
    await time.pass(60_000);
    expect([made.length, ageMs()]).toEqual([1, 60_000]);
    world.sends = true;
    await time.pass(3_000);
    expect([made.length, ageMs()]).toEqual([1, 0]);
  });

  it("is not proven by an answer to LISTEN: what was announced has to come back", async () => {
    const { time, made, world, ageMs } = await listening({ hands: false });
    await time.pass(1_999);
    expect([made[0]?.isLost(), ageMs()]).toEqual([false, null]);
    await time.pass(3_000);
    // Whoever never heard anything is in no hurry: each new one sends everybody to look again.
    expect(made).toHaveLength(1);
    world.hands = true;
    await time.pass(1);
    expect([made.length, ageMs() !== null]).toEqual([2, true]);
  });

  it("is tried until it works, with pauses, and is not said to be well meanwhile", async () => {
    const { time, made, world, events, ageMs, missed, tries } = await listening();
    world.refusesConnections = true;
    made[0]?.lose("CONNECTION_LOST");
    await time.pass(60_000);
    expect(ageMs()).toBeNull();
    expect(tries()).toBeGreaterThan(20);
    expect(tries()).toBeLessThan(40);
    expect(missed()).toBe(0);
    // Told once, not at every try.
    expect(events).toEqual(["listening_lost", "listening_failed"]);
    world.refusesConnections = false;
    await time.pass(2_000);
    expect([made.length, missed()]).toEqual([2, 1]);
  });

  it("that was closed begins nothing anew", async () => {
    const { time, made, listener } = await listening();
    listener.close();
    made[0]?.lose("CONNECTION_LOST");
    await time.pass(60_000);
    expect(made).toHaveLength(1);
  });
});
