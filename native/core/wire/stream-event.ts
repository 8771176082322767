import { z } from "zod";

const counter = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** How often the server writes a comment into an idle stream. A client that hears nothing for three times this reconnects. */
export const STREAM_HEARTBEAT_SECONDS = 15;

/** `event: revision`: one document has a new revision. A pointer, never trusted: the document itself is fetched and verified. */
export const revisionEventShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("keyset"), epoch: counter, revision: counter }),
  z.object({ kind: z.literal("platform"), epoch: counter, revision: counter }),
  z.object({ kind: z.literal("program"), appId: z.string().min(1).max(128), epoch: counter, revision: counter }),
]);
export type RevisionEvent = z.infer<typeof revisionEventShape>;
