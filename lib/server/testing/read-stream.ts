export type StreamReading = {
  /** Every event so far, in order. */
  events: { event: string; data: unknown }[];
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>;
  stop(): void;
};

/** Reads server-sent events as a device does. */
export async function readStream(url: string, token: string): Promise<StreamReading> {
  const abort = new AbortController();
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`no stream: ${response.status}`);
  const events: StreamReading["events"] = [];
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const frames = rest.split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const event = /^event: (.*)$/m.exec(frame)?.[1];
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (event !== undefined) events.push({ event, data: data ? JSON.parse(data) : null });
      }
    }
  };
  // An aborted reading is over like any other; tests look at what was read.
  const ended = read().catch(() => undefined);
  return { events, ended, stop: () => abort.abort() };
}
