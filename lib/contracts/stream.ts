import { z } from "zod";

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
export const streamEventSchema = z.object({ topic: z.enum(STREAM_TOPICS), appIds: z.array(z.string()).optional() });
export type StreamEvent = z.infer<typeof streamEventSchema>;
