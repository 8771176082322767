import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";
import { overviewQuery } from "@/lib/queries/overview";
import { services } from "@/lib/services/context";
import { getOverview } from "@/lib/services/overview/get-overview";
import { prefetching } from "../_parts/prefetching";
import { OverviewClient } from "./client";

export const metadata: Metadata = { title: "Overview" };

export default async function OverviewPage() {
  const { actor, role, setUpComplete } = await requireActor();
  if (!setUpComplete && role === "admin") redirect("/set-up");
  const client = await prefetching([[overviewQuery(), () => getOverview(services(), actor)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <OverviewClient />
    </HydrationBoundary>
  );
}
