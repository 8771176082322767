import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";
import { hasPermission } from "@/lib/domain/roles";
import { portalProgramsQuery } from "@/lib/queries/portal";
import { services } from "@/lib/services/context";
import { listPortalPrograms } from "@/lib/services/portal/list-portal-programs";
import { prefetching } from "../../../_parts/prefetching";
import { PortalProgramsClient } from "./client";

export const metadata: Metadata = { title: "My programs" };

export default async function PortalProgramsPage() {
  const { actor, role } = await requireActor();
  // Whoever looks at what developers see comes from a program of the console's list.
  if (!hasPermission(role, "portal.read")) redirect("/programs");
  const client = await prefetching([[portalProgramsQuery(), () => listPortalPrograms(services(), actor)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PortalProgramsClient />
    </HydrationBoundary>
  );
}
