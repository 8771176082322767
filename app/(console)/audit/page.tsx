import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { auditListQuery } from "@/lib/queries/audit";
import { listAudit } from "@/lib/services/audit/list-audit";
import { services } from "@/lib/services/context";
import { prefetching } from "../../_parts/prefetching";
import { AuditClient } from "./client";
import { readAuditFilter } from "./search-params";

export const metadata: Metadata = { title: "Audit" };

type AuditPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function AuditPage({ searchParams }: AuditPageProps) {
  const { actor } = await requireActor();
  const filter = readAuditFilter(await searchParams);
  const client = await prefetching([[auditListQuery(filter), () => listAudit(services(), actor, filter)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <AuditClient />
    </HydrationBoundary>
  );
}
