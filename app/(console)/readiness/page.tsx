import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { clockQuery } from "@/lib/queries/clock";
import { continuityQuery } from "@/lib/queries/continuity";
import { getClock } from "@/lib/services/clock/get-clock";
import { services } from "@/lib/services/context";
import { getContinuity } from "@/lib/services/continuity/get-continuity";
import { prefetching } from "../../_parts/prefetching";
import { ReadinessClient } from "./client";

export const metadata: Metadata = { title: "Readiness" };

export default async function ReadinessPage() {
  const { actor } = await requireActor();
  // Not the checks: one that hangs would keep the page waiting.
  const client = await prefetching([
    [clockQuery(), () => getClock(services(), actor)],
    [continuityQuery(), () => getContinuity(services(), actor)],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ReadinessClient />
    </HydrationBoundary>
  );
}
