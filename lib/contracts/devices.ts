import { z } from "zod";
import { DEVICE_STATES } from "@/lib/domain/device-states";
import { labelValueShape } from "@/lib/domain/label-shape";
import { LABEL_NAMES, type LabelName } from "@/lib/domain/labels";
import { cursorSchema, instantSchema, nameSchema, positionSchema, searchSchema } from "./shared";

/** Those that are set of the three; another name is refused. */
export const labelsSchema = z.strictObject(
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
  runtime: z.object({
    kind: z.string(),
    version: z.string(),
    /** `reason` is the machine's own word for it. */
    missingLayers: z.array(z.object({ name: z.string(), reason: z.string().nullable() })),
  }),
  enrolledAt: instantSchema,
  lastSeenAt: instantSchema.nullable(),
  state: z.enum(DEVICE_STATES),
  appliedPlatform: positionSchema.nullable(),
  /** What it would enforce if it were current. */
  newestPlatform: positionSchema.nullable(),
  /** Revisions in the epoch of `appliedPlatform`. */
  appliedPrograms: z.record(z.string(), z.number()),
  appliedAt: instantSchema.nullable(),
  /** Counters told beyond the plausible, and entries or parts of entries not taken in, since enrolment. */
  clamped: z.number(),
  rejected: z.number(),
  /** What it left out or lost of what it was to tell, since enrolment, by its own reasons. */
  leftOut: z.array(z.object({ reason: z.string(), count: z.number() })),
});
export type DeviceView = z.infer<typeof deviceViewSchema>;
export const deviceListQuerySchema = z.object({
  ...labelsSchema.shape,
  q: searchSchema,
  state: z.enum(DEVICE_STATES).optional(),
  cursor: cursorSchema,
});
export type DeviceListQuery = z.infer<typeof deviceListQuerySchema>;
export const deviceListSchema = z.object({
  items: z.array(deviceViewSchema),
  nextCursor: z.string().nullable(),
  /** All that match. */
  total: z.number(),
  /** Of the whole fleet; of revoked devices nothing. */
  counts: z.object({
    enrolled: z.number(),
    current: z.number(),
    behind: z.number(),
    stale: z.number(),
    degraded: z.number(),
  }),
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
