import { z } from "zod";
import { BATCH_BOUNDS, telemetryBatchShape } from "@/native/core/telemetry/batch";

const sent = z.unknown();

/**
 * A batch as it is let in: its frame must hold, but each minute entry and event is judged alone, so that one bad entry
 * is rejected by its id and does not cost a device the others (spec §7).
 */
export const receivedBatchShape = telemetryBatchShape.extend({
  programs: z
    .array(
      z.object({
        appId: z.string().min(1).max(128),
        versionCode: z.int().min(0),
        minutes: z.array(sent).max(BATCH_BOUNDS.minutes),
      }),
    )
    .max(BATCH_BOUNDS.programs),
  events: z.array(sent).max(BATCH_BOUNDS.events),
});
export type ReceivedBatch = z.infer<typeof receivedBatchShape>;
