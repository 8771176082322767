import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { telemetryBatches } from "@/db/schema";
import type { Database } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";

/** What names a batch of a device, and its body: the first 16 bytes of a SHA-256. */
export type BatchDigests = { batch: Uint8Array; body: Uint8Array };

const DIGEST_BYTES = 16;
const digest = (of: string | Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(of).digest().subarray(0, DIGEST_BYTES));

export const digestsOf = (deviceId: string, batchId: string, body: Uint8Array): BatchDigests => ({
  batch: digest(`${deviceId}\n${batchId}`),
  body: digest(body),
});

/** The answer that a batch got before; null where it comes for the first time. Raises `conflict` where it had another body. */
export async function findAnswer(db: Database, { batch, body }: BatchDigests): Promise<TelemetryAnswer | null> {
  const [row] = await db.select().from(telemetryBatches).where(eq(telemetryBatches.batch, batch));
  if (row === undefined) return null;
  if (Buffer.compare(row.body, body) !== 0) {
    throw new AppError("conflict", "This batch was sent before with another body.");
  }
  return {
    accepted: row.accepted,
    rejected: row.rejected ?? [],
    ...(row.rejectedMore === null ? {} : { rejectedMore: row.rejectedMore }),
    nextIntervalSeconds: row.intervalSeconds,
    sampling: row.sampling,
    ...(row.wanted === null ? {} : { wanted: row.wanted }),
  };
}

/** What it takes to give an answer again: of most batches three small numbers. */
export const toRow = (digests: BatchDigests, answer: TelemetryAnswer, receivedAt: Date) => ({
  ...digests,
  receivedAt,
  accepted: answer.accepted,
  intervalSeconds: answer.nextIntervalSeconds,
  sampling: answer.sampling,
  rejected: answer.rejected.length === 0 ? null : answer.rejected,
  rejectedMore: answer.rejectedMore ?? null,
  wanted: answer.wanted ?? null,
});
