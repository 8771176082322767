import type { Store } from "@/db/store";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import type { SyncContext } from "../context";
import { createIngest } from "../telemetry/create-ingest";
import type { ReceivedBatch } from "../telemetry/received-batch";

/** One batch alone, for tests. */
export const ingestBatch = (
  store: Store,
  ctx: SyncContext,
  deviceId: string,
  batch: ReceivedBatch,
  body: Uint8Array,
): Promise<TelemetryAnswer> => createIngest(store, ctx).take(deviceId, batch, body);
