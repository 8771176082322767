export const STREAM_PATH = "/api/console/v1/stream";

/** The name of an event that says nothing but that the line is whole, and how often it comes. */
export const STREAM_BEAT = "beat";
export const STREAM_BEAT_MS = 15_000;

/** `GET` of that path: server-sent events that tell which reads are out of date. */
export const STREAM_TOPICS = [
  "documents",
  "telemetry",
  "denials",
  "devices",
  "change-sets",
  "programs",
  "publishers",
  "people",
  "audit",
  "sessions",
  "readiness",
  "reporting",
] as const;
export type StreamEvent = { topic: (typeof STREAM_TOPICS)[number]; appIds?: string[] | undefined };

/** One event as it was sent; null for any other text, which is no event of ours. */
export function readStreamEvent(text: string): StreamEvent | null {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    // The next reading does not depend on it.
    return null;
  }
  const { topic, appIds } = (told ?? {}) as { topic?: unknown; appIds?: unknown };
  const known = STREAM_TOPICS.find((name) => name === topic);
  if (known === undefined) return null;
  if (appIds === undefined) return { topic: known };
  return isTexts(appIds) ? { topic: known, appIds } : null;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");
