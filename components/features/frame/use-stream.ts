"use client";

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { STREAM_PATH, streamEventSchema } from "@/lib/contracts/stream";
import { outdatedBy } from "@/lib/queries/stream-topics";

/** Between two readings of the same thing: a busy fleet must not make the page read without end. */
const QUIET_MS = 1000;
/** After a refusal a browser gives a stream up; it is opened anew so much later, and a little more, not all at once. */
const REOPEN_MS = 3000;

/** Listens to the console's stream and reads anew what it says is out of date. It is opened again whenever it ends. */
export function useStream(): void {
  const client = useQueryClient();
  useEffect(() => {
    let source: EventSource;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    let waiting = new Map<string, QueryKey>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastMs = 0;
    let wasOpen = false;
    const flush = () => {
      timer = undefined;
      lastMs = Date.now();
      const keys = [...waiting.values()];
      waiting = new Map();
      for (const queryKey of keys) void client.invalidateQueries({ queryKey });
    };
    const onEvent = (event: MessageEvent<string>) => {
      const parsed = streamEventSchema.safeParse(readJson(event.data));
      if (!parsed.success) return;
      for (const key of outdatedBy(parsed.data)) waiting.set(JSON.stringify(key), key);
      timer ??= setTimeout(flush, Math.max(0, lastMs + QUIET_MS - Date.now()));
    };
    const open = () => {
      source = new EventSource(STREAM_PATH);
      source.addEventListener("message", onEvent);
      source.addEventListener("open", () => {
        // What was announced while the line was down was not heard.
        if (wasOpen) void client.invalidateQueries();
        wasOpen = true;
      });
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) {
          reopening = setTimeout(open, REOPEN_MS * (1 + Math.random()));
        }
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      clearTimeout(reopening);
      source.close();
    };
  }, [client]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A line that is no JSON is no event of ours; the next reading does not depend on it.
    return null;
  }
}
