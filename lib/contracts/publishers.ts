import { z } from "zod";
import { cursorSchema, instantSchema, nameSchema, personRefSchema, searchSchema } from "./shared";

export const publisherViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: instantSchema,
  /** By name, the first 20; `programCount` counts all. */
  programs: z.array(z.object({ appId: z.string(), name: z.string() })),
  programCount: z.number(),
  keys: z.array(
    z.object({
      kid: z.string(),
      status: z.enum(["active", "revoked"]),
      createdAt: instantSchema,
      /** Who proposed it; null where nobody knows. */
      createdBy: personRefSchema.nullable(),
      member: z.string(),
      /** Versions that it signed, whatever became of them, and the one that was handed in last. */
      signedCount: z.number(),
      signedLast: z
        .object({ appId: z.string(), programName: z.string(), versionCode: z.number(), at: instantSchema })
        .nullable(),
    }),
  ),
  tokens: z.array(
    z.object({
      id: z.string(),
      createdAt: instantSchema,
      createdBy: personRefSchema.nullable(),
      expiresAt: instantSchema,
    }),
  ),
});
export type PublisherView = z.infer<typeof publisherViewSchema>;
export const publisherListQuerySchema = z.object({ q: searchSchema, cursor: cursorSchema });
export type PublisherListQuery = z.infer<typeof publisherListQuerySchema>;
export const publisherListSchema = z.object({
  items: z.array(publisherViewSchema),
  nextCursor: z.string().nullable(),
  /** All that match. */
  total: z.number(),
});
export type PublisherList = z.infer<typeof publisherListSchema>;
export const createPublisherInputSchema = z.object({ name: nameSchema });
/** `POST publishers/{id}/keys`: adds the key to my draft; a new key is a widening. */
export const proposeKeyInputSchema = z.object({ publicKeyPem: z.string().max(2000) });
/** `POST publishers/{id}/tokens`: the token is shown this one time. */
export const publisherTokenSchema = z.object({ id: z.string(), token: z.string(), expiresAt: instantSchema });

export const submissionActionResultSchema = z.object({ changeSetId: z.string() });
