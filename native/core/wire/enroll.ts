import { z } from "zod";
import { barePublicKeyShape, thumbprintShape } from "../crypto/public-key";
import { runtimeIdentityShape } from "./runtime-identity";

/** The enrolment file, handed over out of band; it is the device's first trust (spec §4). */
export const enrolmentFileShape = z.object({
  url: z.string().min(1).max(2048),
  platform: z.string().min(1).max(256),
  rootThumbprints: z.array(thumbprintShape).min(1).max(32),
  threshold: z.int().min(1).max(32),
  token: z.string().min(16).max(512),
});
export type EnrolmentFile = z.infer<typeof enrolmentFileShape>;

/** Body of `POST /api/runtime/v1/enroll`. The same token with the same key gets the same answer for 24 h. */
export const enrollRequestShape = z.object({
  assertion: z.string().min(1).max(4096),
  token: z.string().min(16).max(512),
  publicKey: barePublicKeyShape,
  runtime: runtimeIdentityShape,
});
export type EnrollRequest = z.infer<typeof enrollRequestShape>;

/** Answer to it; `serverTime` is in whole seconds. */
export const enrollResponseShape = z.object({
  deviceId: z.string().min(1).max(128),
  platform: z.string().min(1).max(256),
  serverTime: z.int().min(1),
});
export type EnrollResponse = z.infer<typeof enrollResponseShape>;
