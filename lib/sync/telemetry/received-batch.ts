import { z } from "zod";
import { BATCH_BOUNDS, telemetryBatchShape } from "@/native/core/telemetry/batch";
import { runtimeIdentityShape } from "@/native/core/wire/runtime-identity";

const sent = z.unknown();
const { applied } = telemetryBatchShape.shape;

/**
 * A batch as it is let in: its frame must hold, but everything that is one of several is judged alone, so that one bad
 * text does not cost a device the rest (spec §7.11).
 */
export const receivedBatchShape = telemetryBatchShape.extend({
  runtime: runtimeIdentityShape.extend({ layers: z.array(sent).max(32) }),
  applied: applied.extend({ programs: z.record(z.string(), sent) }),
  programs: z
    .array(z.object({ appId: sent, versionCode: sent, minutes: z.array(sent).max(BATCH_BOUNDS.minutes) }))
    .max(BATCH_BOUNDS.programs),
  events: z.array(sent).max(BATCH_BOUNDS.events),
  discarded: z.array(sent).max(BATCH_BOUNDS.discarded),
});
export type ReceivedBatch = z.infer<typeof receivedBatchShape>;
