import { z } from "zod";
import { appIdSchema, instantSchema } from "@/lib/contracts/shared";
import { VERSION_STATES } from "@/lib/domain/lifecycles";
import { describeRoute } from "@/lib/http/route-description";
import { traceValueShape } from "@/native/core/decide/trace";

const BASE = "/api/publisher/v1";
const MIB = 1024 * 1024;
const BUNDLE_TYPE = "application/miniapp-pkg+zip";

export const submissionSchema = z.object({
  submissionId: z.string(),
  appId: appIdSchema,
  versionCode: z.number(),
  versionName: z.string(),
  sha256: z.string(),
  state: z.enum(VERSION_STATES),
  submittedAt: instantSchema,
  listedAt: instantSchema.nullable(),
  /** What the reviewer wrote; null before a decision. */
  comment: z.string().nullable(),
});

export const quotaSchema = z.object({
  appId: appIdSchema,
  limits: z.array(z.object({ name: z.string(), max: z.number(), warn: z.number().nullable(), action: z.string() })),
});

export const publisherDenialsSchema = z.object({
  items: z.array(
    z.object({
      denialId: z.string(),
      at: instantSchema,
      versionCode: z.number().nullable(),
      code: z.string(),
      layer: z.string(),
      rule: z.string().nullable(),
      target: z.string(),
      /** As the program itself was told it; null for a code that no list has. */
      explained: z
        .object({
          message: z.string(),
          at: z.string().nullable(),
          seen: traceValueShape,
          wanted: traceValueShape,
          help: z.string(),
        })
        .nullable(),
    }),
  ),
});

/** What publishers' tools may ask (spec §7): their own programs, by a bearer token. */
export const publisherRoutes = {
  submit: describeRoute({
    method: "POST",
    path: `${BASE}/submissions`,
    summary: "Hands in a signed bundle; the signature comes in the header Bulkhead-Signature, DER in base64url.",
    actor: "publisher",
    permission: null,
    input: { body: { kind: "bytes", contentType: BUNDLE_TYPE } },
    output: submissionSchema,
    successStatus: 201,
    maxBytes: 30 * MIB,
    refusals: ["invalid_input", "conflict", "unprocessable", "not_found", "limit_exceeded", "unavailable"],
  }),
  submission: describeRoute({
    method: "GET",
    path: `${BASE}/submissions/{submissionId}`,
    summary: "The state of one submission and what the reviewer wrote.",
    actor: "publisher",
    permission: null,
    input: { params: z.object({ submissionId: z.string().regex(/^sub_[a-z0-9]{1,40}$/) }) },
    output: submissionSchema,
    maxBytes: 0,
    refusals: ["not_found", "limit_exceeded"],
  }),
  withdraw: describeRoute({
    method: "DELETE",
    path: `${BASE}/submissions/{submissionId}`,
    summary: "Takes a submission back that was not decided; its version code is free again.",
    actor: "publisher",
    permission: null,
    input: { params: z.object({ submissionId: z.string().regex(/^sub_[a-z0-9]{1,40}$/) }) },
    output: submissionSchema,
    maxBytes: 0,
    refusals: ["not_found", "conflict", "limit_exceeded"],
  }),
  quota: describeRoute({
    method: "GET",
    path: `${BASE}/programs/{appId}/quota`,
    summary: "The limits that hold for a program.",
    actor: "publisher",
    permission: null,
    input: { params: z.object({ appId: appIdSchema }) },
    output: quotaSchema,
    maxBytes: 0,
    refusals: ["not_found", "limit_exceeded"],
  }),
  denials: describeRoute({
    method: "GET",
    path: `${BASE}/programs/{appId}/denials`,
    summary: "What a program was refused lately, newest first, a hundred at most.",
    actor: "publisher",
    permission: null,
    input: { params: z.object({ appId: appIdSchema }) },
    output: publisherDenialsSchema,
    maxBytes: 0,
    refusals: ["not_found", "limit_exceeded"],
  }),
} as const;
