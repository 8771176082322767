import { z } from "zod";
import { thumbprintShape } from "../../core/crypto/public-key";

const text = z.string().min(1).max(2048);

/** Which platform a device belongs to, and by which root keys it knows that platform's first keyset (spec §4). */
export const enrolmentShape = z.object({
  url: text,
  platform: text,
  rootThumbprints: z.array(thumbprintShape).min(1).max(32),
  threshold: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** Null until the platform answered. */
  deviceId: text.nullable(),
});
export type Enrolment = z.infer<typeof enrolmentShape>;
