import { z } from "zod";
import {
  auditEntryViewSchema,
  auditListSchema,
  auditQuerySchema,
  auditVerificationSchema,
} from "@/lib/contracts/audit";
import { describeRoute } from "../route-description";
import { BASE, read } from "./bases";

export const auditRoutes = {
  listAudit: describeRoute({
    ...read,
    permission: "audit.read",
    path: `${BASE}/audit`,
    summary: "Audit entries, newest first",
    input: { query: auditQuerySchema },
    output: auditListSchema,
    refusals: [],
  }),
  getAuditEntry: describeRoute({
    ...read,
    permission: "audit.read",
    path: `${BASE}/audit/{sequence}`,
    summary: "One audit entry",
    input: { params: z.object({ sequence: z.coerce.number().int().positive() }) },
    output: auditEntryViewSchema,
    refusals: ["not_found"],
  }),
  verifyAudit: describeRoute({
    ...read,
    permission: "audit.read",
    path: `${BASE}/audit/verify`,
    summary: "Check the whole chain",
    output: auditVerificationSchema,
    refusals: [],
  }),
  exportAudit: describeRoute({
    ...read,
    permission: "audit.read",
    path: `${BASE}/audit/export`,
    summary: "The whole log as JSON lines",
    output: { kind: "raw", contentType: "application/jsonl" },
    refusals: [],
  }),
} as const;
