import { createHash } from "node:crypto";
import { telemetryBatches } from "@/db/schema";
import type { Database } from "@/db/store";
import { isAnyOf } from "@/db/write-rows";
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

export const digestText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What a batch was answered with, and the body that it had. */
export type Answered = { body: string; answer: TelemetryAnswer };

/** The answer once more, for the same body. Raises `conflict` for another one. */
export function answerAgain({ body, answer }: Answered, { body: sent }: BatchDigests): TelemetryAnswer {
  if (body === digestText(sent)) return answer;
  throw new AppError("conflict", "This batch was sent before with another body.");
}

/** What those of these batches were answered with that came before, by the text of their digest. */
export async function findAnswers(db: Database, sent: readonly BatchDigests[]): Promise<Map<string, Answered>> {
  const rows = await db
    .select()
    .from(telemetryBatches)
    .where(isAnyOf(telemetryBatches, ["batch"], sent));
  return new Map(
    rows.map((row): [string, Answered] => {
      const answer = {
        accepted: row.accepted,
        rejected: row.rejected ?? [],
        ...(row.rejectedMore === null ? {} : { rejectedMore: row.rejectedMore }),
        nextIntervalSeconds: row.intervalSeconds,
        sampling: row.sampling,
        ...(row.wanted === null ? {} : { wanted: row.wanted }),
      };
      return [digestText(row.batch), { body: digestText(row.body), answer }];
    }),
  );
}

/** What it takes to give an answer again: of most batches three small numbers. */
export const toRow = ({ batch, body }: BatchDigests, answer: TelemetryAnswer, receivedAt: Date) => ({
  batch,
  body,
  receivedAt,
  accepted: answer.accepted,
  intervalSeconds: answer.nextIntervalSeconds,
  sampling: answer.sampling,
  rejected: answer.rejected.length === 0 ? null : answer.rejected,
  rejectedMore: answer.rejectedMore ?? null,
  wanted: answer.wanted ?? null,
});
