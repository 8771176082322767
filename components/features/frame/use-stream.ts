"use client";

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { STREAM_PATH, streamEventSchema } from "@/lib/contracts/stream";
import { outdatedBy } from "@/lib/queries/stream-topics";

/** Between two readings of the same thing: a busy fleet must not make the page read without end. */
const QUIET_MS = 1000;

/** Listens to the console's stream and reads anew what it says is out of date. The browser reconnects by itself. */
export function useStream(): void {
  const client = useQueryClient();
  useEffect(() => {
    const source = new EventSource(STREAM_PATH);
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
    source.addEventListener("message", onEvent);
    source.addEventListener("open", () => {
      // What was announced while the line was down was not heard.
      if (wasOpen) void client.invalidateQueries();
      wasOpen = true;
    });
    return () => {
      clearTimeout(timer);
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
