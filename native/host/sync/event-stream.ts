/** Reads server-sent events from bytes as they come. Bounded: a server can't make the device hold more than one event. */

export type StreamMessage = { event: string; data: string };

const EVENT_CHARS_MAX = 64 * 1024;

export type EventStreamReader = {
  /** Takes a chunk; `false` once the stream has broken the bounds and is to be closed. */
  push(chunk: Uint8Array): boolean;
};

export function createEventStreamReader(onMessage: (message: StreamMessage) => void): EventStreamReader {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let event = "";
  let data: string[] = [];
  let size = 0;

  function readLine(line: string): void {
    if (line === "") {
      if (data.length > 0 || event !== "") onMessage({ event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      size = 0;
      return;
    }
    size += line.length;
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }

  return {
    push(chunk) {
      rest += decoder.decode(chunk, { stream: true });
      for (;;) {
        const end = rest.search(/\r\n|\n|\r(?!$)/);
        if (end < 0) break;
        const width = rest.startsWith("\r\n", end) ? 2 : 1;
        readLine(rest.slice(0, end));
        rest = rest.slice(end + width);
        if (size > EVENT_CHARS_MAX) return false;
      }
      return rest.length <= EVENT_CHARS_MAX;
    },
  };
}
