import { z } from "zod";
import { LABEL_NAMES, type LabelName, labelValueShape } from "@/lib/domain/labels";
import { instantSchema, nameSchema, positionSchema } from "./shared";

/** Those that are set of the three; another name is refused. */
const labelsSchema = z.strictObject(
  // Safe: one member a name, each of the same shape.
  Object.fromEntries(LABEL_NAMES.map((name) => [name, labelValueShape.exactOptional()])) as Record<
    LabelName,
    z.ZodExactOptional<typeof labelValueShape>
  >,
);

export const deviceViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  labels: labelsSchema,
  runtime: z.object({ kind: z.string(), version: z.string(), missingLayers: z.array(z.string()) }),
  enrolledAt: instantSchema,
  lastSeenAt: instantSchema.nullable(),
  state: z.enum(["current", "behind", "stale", "revoked", "never_seen"]),
  appliedPlatform: positionSchema.nullable(),
  /** Revisions in the epoch of `appliedPlatform`. */
  appliedPrograms: z.record(z.string(), z.number()),
  appliedAt: instantSchema.nullable(),
  /** Counters told beyond the plausible, and entries or parts of entries not taken in, since enrolment. */
  clamped: z.number(),
  rejected: z.number(),
});
export type DeviceView = z.infer<typeof deviceViewSchema>;
export const deviceListSchema = z.object({
  items: z.array(deviceViewSchema),
  total: z.number(),
  platform: positionSchema.nullable(),
});
export type DeviceList = z.infer<typeof deviceListSchema>;

/** `POST enrolments`: the file is handed over out of band and holds a one-time token. */
export const createEnrolmentInputSchema = z.object({ deviceName: nameSchema, labels: labelsSchema.default({}) });
export const enrolmentFileSchema = z.object({
  url: z.string(),
  platform: z.string(),
  rootThumbprints: z.array(z.string()),
  threshold: z.number(),
  token: z.string(),
});
export const createEnrolmentResultSchema = z.object({ file: enrolmentFileSchema, expiresAt: instantSchema });
