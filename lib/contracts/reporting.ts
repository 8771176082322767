import { z } from "zod";
import { appIdSchema } from "./shared";

/** `GET reporting`: naming a program or a device is looking at it, for the next 30 s. */
export const reportingQuerySchema = z.object({
  appId: appIdSchema.optional(),
  deviceId: z.string().min(1).max(128).optional(),
});
export const reportingSchema = z.object({
  /** How often devices report by the document, and at present: load may raise it. */
  documentSeconds: z.number(),
  presentSeconds: z.number(),
  /** What was named is asked to report every few seconds while somebody looks. */
  isLive: z.boolean(),
});
export type Reporting = z.infer<typeof reportingSchema>;
