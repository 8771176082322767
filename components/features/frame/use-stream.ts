"use client";

import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { readStreamEvent, STREAM_BEAT, STREAM_BEAT_MS, STREAM_PATH } from "@/lib/contracts/stream";
import { isConsoleError } from "@/lib/http/console-client";
import { sessionQuery } from "@/lib/queries/session";
import { outdatedBy } from "@/lib/queries/stream-topics";

/** Between two readings of the same thing: a busy fleet must not make the page read without end. */
const QUIET_MS = 1000;
/** After a refusal a browser gives a stream up; it is opened anew so much later, and a little more, not all at once. */
const REOPEN_MS = 3000;
/** Two beats and a half: a line that is dead without a word is given up. */
const SILENCE_MS = STREAM_BEAT_MS * 2.5;

/** How the page stands with its server, and since when it hears nothing. */
export type Connection = { is: "live" } | { is: "away"; sinceMs: number } | { is: "ended"; sinceMs: number };
const LIVE: Connection = { is: "live" };

export type Stream = {
  connection: Connection;
  /** Asks now; answers whether there is a server that answers, whatever it says. */
  retry(): Promise<boolean>;
};

/**
 * Listens to the console's stream and reads anew what it says is out of date. It is opened again whenever it ends; while it
 * is not open, nothing on the page is known to hold.
 */
export function useStream(): Stream {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>(LIVE);
  const reopen = useRef<() => void>(() => undefined);

  const ask = useCallback(async () => {
    const answer = await whoAmI(client);
    if (answer === "ended") setConnection((was) => (was.is === "ended" ? was : { is: "ended", sinceMs: sinceOf(was) }));
    return answer;
  }, [client]);

  useEffect(() => {
    let source: EventSource;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    let waiting = new Map<string, QueryKey>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastMs = 0;
    let heardMs = Date.now();
    let wasOpen = false;
    let isOver = false;
    const flush = () => {
      timer = undefined;
      lastMs = Date.now();
      const keys = [...waiting.values()];
      waiting = new Map();
      for (const queryKey of keys) void client.invalidateQueries({ queryKey });
    };
    const onEvent = (event: MessageEvent<string>) => {
      heardMs = Date.now();
      const told = readStreamEvent(event.data);
      if (told === null) return;
      for (const key of outdatedBy(told)) waiting.set(JSON.stringify(key), key);
      timer ??= setTimeout(flush, Math.max(0, lastMs + QUIET_MS - Date.now()));
    };
    const onLost = () => {
      setConnection((was) => (was.is === "live" ? { is: "away", sinceMs: Date.now() } : was));
      // A browser tries again by itself, but not after an answer that was a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      void ask().then((answer) => {
        if (answer !== "ended" && !isOver) reopening = setTimeout(open, REOPEN_MS * (1 + Math.random()));
      });
    };
    const open = () => {
      clearTimeout(reopening);
      heardMs = Date.now();
      source = new EventSource(STREAM_PATH);
      source.addEventListener("message", onEvent);
      source.addEventListener(STREAM_BEAT, () => {
        heardMs = Date.now();
      });
      source.addEventListener("open", () => {
        heardMs = Date.now();
        setConnection(LIVE);
        // What was announced while the line was down was not heard.
        if (wasOpen) void client.invalidateQueries();
        wasOpen = true;
      });
      source.addEventListener("error", onLost);
    };
    const again = () => {
      source.close();
      open();
    };
    reopen.current = again;
    open();
    const watch = setInterval(() => {
      if (Date.now() - heardMs < SILENCE_MS || source.readyState !== EventSource.OPEN) return;
      const sinceMs = heardMs;
      setConnection((was) => (was.is === "live" ? { is: "away", sinceMs } : was));
      again();
    }, STREAM_BEAT_MS / 3);
    return () => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(reopening);
      clearInterval(watch);
      source.close();
    };
  }, [client, ask]);

  const retry = useCallback(async () => {
    const answer = await ask();
    if (answer === "here") reopen.current();
    return answer !== "away";
  }, [ask]);
  return { connection, retry };
}

const sinceOf = (was: Connection): number => (was.is === "live" ? Date.now() : was.sinceMs);

/** Whether the server answers, and knows this browser still. */
async function whoAmI(client: QueryClient): Promise<"here" | "ended" | "away"> {
  try {
    await client.fetchQuery({ ...sessionQuery(), staleTime: 0, retry: false });
    return "here";
  } catch (error) {
    if (!isConsoleError(error) || error.code === "unreachable") return "away";
    return error.code === "unauthenticated" ? "ended" : "here";
  }
}
