import { describe, expect, it } from "vitest";
import type { HostEvent } from "../api/host-event";
import { createEventHub, EVENTS_KEPT } from "./event-hub";

const line = (appId: string, text: string): HostEvent => ({
  ...{ kind: "console", appId },
  line: { atMs: 0, level: "info", text },
});
const hub = (logged: string[] = []) => createEventHub((_level, event) => logged.push(event));

async function all(events: AsyncIterable<HostEvent>): Promise<HostEvent[]> {
  const read: HostEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

describe("what a host tells", () => {
  it("is heard as it comes, by each who listens, until he ends it; one who throws goes on hearing", () => {
    const logged: string[] = [];
    const { emit, on } = hub(logged);
    const heard: string[] = [];
    on(() => {
      heard.push("thrower");
      throw new Error("not now");
    });
    const off = on(({ kind }) => heard.push(kind));
    emit(line("a", "1"));
    off();
    emit(line("a", "2"));
    expect(heard).toEqual(["thrower", "console", "thrower"]);
    expect(logged).toEqual(["event_not_heard", "event_not_heard"]);
  });

  it("is not undone by a listener that promises and breaks it", async () => {
    const logged: string[] = [];
    const { emit, on } = hub(logged);
    on(async () => {
      await Promise.resolve();
      throw new Error("the disk is full");
    });
    emit(line("a", "1"));
    await expect.poll(() => logged).toEqual(["event_not_heard"]);
  });

  it("comes in its order to who reads later, and ends with the host's end", async () => {
    const { emit, events, close } = hub();
    const reader = events();
    emit(line("a", "1"));
    emit(line("b", "2"));
    emit({ kind: "installed", appId: "a", versionCode: 1 });
    close();
    emit(line("a", "3"));
    const read = await all(reader);
    expect(read.map((event) => (event.kind === "console" ? event.line.text : event.kind))).toEqual([
      ...["1", "2", "installed", "closed"],
    ]);
    expect(await all(events())).toEqual([{ kind: "closed" }]);
  });

  it("reaches who waits for it, more than one at once, and nobody who has turned away", async () => {
    const { emit, events } = hub();
    const reader = events();
    const two = [reader.next(), reader.next()];
    emit(line("a", "1"));
    emit(line("a", "2"));
    expect((await Promise.all(two)).map(({ value }) => value.kind)).toEqual(["console", "console"]);
    const waiting = reader.next();
    await reader.return?.();
    expect((await waiting).done).toBe(true);
    emit(line("a", "3"));
    expect((await reader.next()).done).toBe(true);
  });

  it("is bounded whatever a program writes: its own oldest lines are gone, counted and told in their place, and nothing else", async () => {
    const { emit, events, close } = hub();
    const reader = events();
    emit(line("good", "first"));
    for (let number = 0; number < 100_000; number += 1) emit(line("flood", String(number)));
    emit(line("good", "last"));
    close();
    const read = await all(reader);
    expect(read.length).toBe(EVENTS_KEPT + 4);
    expect(read[0]).toMatchObject({ appId: "good", line: { text: "first" } });
    expect(read[1]).toEqual({ kind: "lost", appId: "flood", count: 100_000 - EVENTS_KEPT });
    expect(read[2]).toMatchObject({ appId: "flood", line: { text: String(100_000 - EVENTS_KEPT) } });
    expect(read.at(-2)).toMatchObject({ appId: "good", line: { text: "last" } });
  });
});
