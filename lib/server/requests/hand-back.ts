import type { IncomingMessage, ServerResponse } from "node:http";
import type { Timers } from "@/lib/platform/timers";

/** An answer has this long, and a second more for each of these bytes of it that were taken. */
export type Pace = { seconds: number; bytesASecond: number };

const LOOK_MS = 1_000;

/**
 * Hands an answer's bytes back as they come, up to `aheadBytes` before their reader takes them. `onArrived` is called when
 * all of it has come: its maker is done, whatever its reader does. Whoever reads more slowly than `pace` is cut off, which
 * is counted by looks and not by time: those that find bytes untaken, since a reader who took all waits for the maker. Null
 * for a stream of events, which has no end.
 */
export function handBack(
  answer: IncomingMessage,
  response: ServerResponse,
  options: { aheadBytes: number; pace: Pace | null; timers: Timers; onArrived(): void },
): void {
  const { aheadBytes, pace, timers, onArrived } = options;
  const most = Math.max(aheadBytes, response.writableHighWaterMark);
  let bytes = 0;
  let looks = 0;
  let stopLooking: () => void = () => undefined;

  function look({ seconds, bytesASecond }: Pace): void {
    if (response.writableLength > 0) looks += 1;
    const taken = bytes - response.writableLength;
    if (looks > seconds + taken / bytesASecond) response.destroy();
    else lookAgain();
  }
  function lookAgain(): void {
    if (pace !== null) stopLooking = timers.after(LOOK_MS, () => look(pace));
  }

  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    response.write(chunk);
    if (response.writableLength > most) answer.pause();
  });
  response.on("drain", () => answer.resume());
  answer.on("end", () => {
    response.end();
    onArrived();
  });
  answer.on("error", () => response.destroy());
  response.once("close", () => stopLooking());
  lookAgain();
}
