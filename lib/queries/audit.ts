import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import {
  auditEntryViewSchema,
  auditListSchema,
  type auditQuerySchema,
  auditVerificationSchema,
} from "@/lib/contracts/audit";
import { callConsole } from "@/lib/http/console-client";

export const auditRoot = ["audit"] as const;
export type AuditFilter = z.input<typeof auditQuerySchema>;

export const auditListQuery = (filter: AuditFilter) =>
  queryOptions({
    queryKey: [...auditRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole("audit", auditListSchema, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readOlderAudit = (filter: AuditFilter, cursor: string) =>
  callConsole("audit", auditListSchema, { query: { ...filter, cursor } });

export const auditEntryQuery = (sequence: number) =>
  queryOptions({
    queryKey: [...auditRoot, "one", sequence] as const,
    queryFn: ({ signal }) => callConsole(`audit/${sequence}`, auditEntryViewSchema, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Reads the whole chain: asked for when someone looks, not at every new entry. */
export const auditVerificationQuery = () =>
  queryOptions({
    queryKey: ["audit-verification"] as const,
    queryFn: ({ signal }) => callConsole("audit/verify", auditVerificationSchema, { signal }),
    staleTime: 60_000,
  });
