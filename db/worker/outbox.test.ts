import { describe, expect, it } from "vitest";
import { createOutbox, eachOf } from "./outbox";

type Said = { id: number; value?: unknown };

function open() {
  const posted: unknown[] = [];
  const refused: number[] = [];
  let send: () => void = () => undefined;
  const port = { postMessage: (value: unknown) => void posted.push(structuredClone(value)) };
  const say = createOutbox<Said>(
    port,
    (later) => {
      send = later;
    },
    ({ id }) => refused.push(id),
  );
  return { posted, refused, say, send: () => send() };
}

describe("what is said to another thread", () => {
  it("crosses in one message for a moment, in the order in which it was said", () => {
    const { posted, say, send } = open();
    say({ id: 1 });
    say({ id: 2 });
    expect(posted).toEqual([]);
    send();
    say({ id: 3 });
    send();
    expect(posted).toEqual([[{ id: 1 }, { id: 2 }], { id: 3 }]);
    expect(posted.flatMap((message) => eachOf(message as Said))).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it("is refused where it cannot cross, and what was said beside it crosses", () => {
    const { posted, refused, say, send } = open();
    say({ id: 1 });
    say({ id: 2, value: () => undefined });
    say({ id: 3 });
    send();
    say({ id: 4, value: () => undefined });
    send();
    expect(posted).toEqual([{ id: 1 }, { id: 3 }]);
    expect(refused).toEqual([2, 4]);
  });
});
