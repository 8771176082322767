import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventStreamReader, type StreamMessage } from "./event-stream";

function read(chunks: readonly Uint8Array[]): { messages: StreamMessage[]; isOpen: boolean } {
  const messages: StreamMessage[] = [];
  const reader = createEventStreamReader((message) => messages.push(message));
  const isOpen = chunks.every((chunk) => reader.push(chunk));
  return { messages, isOpen };
}

const TEXT = ': hi\n\nevent: hello\ndata: {"a":"ü"}\n\r\nevent: revision\r\ndata: x\r\ndata: y\r\n\r\ndata:z\n\n';
const MESSAGES = [
  { event: "hello", data: '{"a":"ü"}' },
  { event: "revision", data: "x\ny" },
  { event: "message", data: "z" },
];

describe("server-sent events", () => {
  it("are the same however the bytes are cut", () => {
    const bytes = Buffer.from(TEXT.replace("\n\r\n", "\n\n"));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(read(chunks)).toEqual({ messages: MESSAGES, isOpen: true });
      }),
    );
  });

  it("that never end, or never end a line, close the stream", () => {
    const line = Buffer.alloc(40_000, 97);
    expect(read([line, line]).isOpen).toBe(false);
    const lines = Buffer.from(`data: ${"a".repeat(30_000)}\n`);
    expect(read([lines, lines, lines]).isOpen).toBe(false);
    expect(read(Array.from({ length: 10_000 }, () => Buffer.from(": beat\n\n"))).isOpen).toBe(true);
  });
});
