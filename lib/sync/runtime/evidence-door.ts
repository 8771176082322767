import type { Store } from "@/db/store";
import { parseBody, type ReceivedBody } from "@/lib/http/route";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import type { HeldAnswer } from "@/native/core/wire/held";
import type { SyncContext } from "../context";
import { learnHeldDocument } from "../continuity/learn-held";
import { createIngest } from "../telemetry/create-ingest";
import { runtimeRoutes } from "./runtime-routes";

/** A batch as a device sent it, not unfolded and not looked at. */
export type SentBatch = { deviceId: string; received: ReceivedBody };
export type SentDocument = { deviceId: string; platform: string; jws: Uint8Array };

/** Takes in what devices tell; the size of that work is theirs to choose. */
export type EvidenceWork = {
  telemetry(sent: SentBatch): Promise<TelemetryAnswer>;
  held(sent: SentDocument): Promise<HeldAnswer>;
};

/**
 * Where the work waits for its turn. `receive` reads the body, and is called once there is room for it; raises `unavailable`
 * before that where there is none.
 */
export type EvidenceDoor = {
  telemetry(
    sender: { deviceId: string; sizeBytes: number },
    receive: () => Promise<ReceivedBody>,
    /** Called around the work once the body has come, so that it measures us and not whoever sends. */
    measured: (work: () => Promise<TelemetryAnswer>) => Promise<TelemetryAnswer>,
  ): Promise<TelemetryAnswer>;
  held(
    sender: { deviceId: string; sizeBytes: number },
    receive: () => Promise<Uint8Array>,
    platform: string,
  ): Promise<HeldAnswer>;
};

/** The work itself, on whichever thread this is called: unfolds, parses, judges and writes. */
export function createEvidenceWork(store: Store, ctx: SyncContext): EvidenceWork {
  const ingest = createIngest(store, ctx);
  return {
    async telemetry({ deviceId, received }) {
      const { body, bytes } = await parseBody(runtimeRoutes.telemetry, received);
      return await ingest.take(deviceId, body, bytes);
    },
    // It may stop something here.
    held: (sent) => learnHeldDocument(store.in("decide"), ctx, sent),
  };
}

/** A door without a queue: everything at once, on the thread that asks. */
export function openDoorHere(work: EvidenceWork): EvidenceDoor {
  return {
    async telemetry({ deviceId }, receive, measured) {
      const received = await receive();
      return await measured(() => work.telemetry({ deviceId, received }));
    },
    held: async ({ deviceId }, receive, platform) => work.held({ deviceId, platform, jws: await receive() }),
  };
}
