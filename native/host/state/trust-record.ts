import { z } from "zod";
import { thumbprintShape } from "../../core/crypto/public-key";

const counter = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const seconds = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().min(1).max(2048);

const position = z.object({ epoch: counter, revision: counter, sha256: sha256Hex });

/** How far one document has come. `sha256` is that of the payload (spec §4, `CONFLICT`). */
const documentStateShape = z.object({
  /** The highest epoch and revision ever verified; nothing at or below it with other bytes is taken. */
  floor: position,
  /** The last good document; `file` names its received bytes by their SHA-256. Null where none is good. */
  good: position.extend({ file: sha256Hex, etag: z.string().max(256).optional() }).nullable(),
});
export type DocumentState = z.infer<typeof documentStateShape>;

/** Everything that a device must not forget, stored as one (spec §4). Received documents lie beside it, by digest. */
export const trustRecordShape = z.object({
  form: z.literal(1),
  enrolment: z.object({
    url: text,
    platform: text,
    rootThumbprints: z.array(thumbprintShape).min(1).max(32),
    threshold: counter,
    /** Null until the platform answered. */
    deviceId: text.nullable(),
  }),
  keyset: z
    .object({ epoch: counter, revision: counter, environment: z.enum(["production", "development"]), file: sha256Hex })
    .nullable(),
  time: z.object({ lastVerifiedIat: seconds, mark: seconds }),
  platform: documentStateShape.nullable(),
  programs: z.record(z.string(), documentStateShape),
  /** Suspensions that act although the document that named them is not in force: it had expired, or its epoch ended. */
  held: z.object({ byPlatform: z.array(text), byProgram: z.array(text) }),
  /** Digests of refused payloads that were told of: one event each. The newest last, bounded. */
  refusals: z.array(sha256Hex).max(128),
});
export type TrustRecord = z.infer<typeof trustRecordShape>;
export type Enrolment = TrustRecord["enrolment"];

/** The record of a device that knows its enrolment and nothing else. */
export function newTrustRecord(enrolment: Enrolment): TrustRecord {
  return {
    form: 1,
    enrolment,
    keyset: null,
    time: { lastVerifiedIat: 0, mark: 0 },
    platform: null,
    programs: {},
    held: { byPlatform: [], byProgram: [] },
    refusals: [],
  };
}

/** Files that the record names and that must therefore stay. */
export function filesNamedBy(record: TrustRecord): ReadonlySet<string> {
  const states = [record.platform, ...Object.values(record.programs)];
  const files = states.flatMap((state) => (state?.good ? [state.good.file] : []));
  return new Set(record.keyset ? [record.keyset.file, ...files] : files);
}
