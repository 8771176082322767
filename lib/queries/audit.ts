import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { auditQuerySchema } from "@/lib/contracts/audit";
import { auditRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const auditRoot = ["audit"] as const;
export type AuditFilter = z.input<typeof auditQuerySchema>;

export const auditListQuery = (filter: AuditFilter) =>
  queryOptions({
    queryKey: [...auditRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole(auditRoutes.listAudit, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readOlderAudit = (filter: AuditFilter, cursor: string) =>
  callConsole(auditRoutes.listAudit, { query: { ...filter, cursor } });

export const auditEntryQuery = (sequence: number) =>
  queryOptions({
    queryKey: [...auditRoot, "one", sequence] as const,
    queryFn: ({ signal }) => callConsole(auditRoutes.getAuditEntry, { signal, params: { sequence } }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Reads the whole chain: asked for when someone looks, not at every new entry. */
export const auditVerificationQuery = () =>
  queryOptions({
    queryKey: ["audit-verification"] as const,
    queryFn: ({ signal }) => callConsole(auditRoutes.verifyAudit, { signal }),
    staleTime: 60_000,
  });
