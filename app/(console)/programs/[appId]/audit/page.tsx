import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { auditListQuery } from "@/lib/queries/audit";
import { listAudit } from "@/lib/services/audit/list-audit";
import { services } from "@/lib/services/context";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { ProgramAuditClient } from "./client";

export const metadata: Metadata = { title: "Program audit" };

export default async function ProgramAuditPage({ params }: { params: Promise<{ appId: string }> }) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const client = await prefetching([[auditListQuery({ appId }), () => listAudit(services(), actor, { appId })]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ProgramAuditClient appId={appId} />
    </HydrationBoundary>
  );
}
