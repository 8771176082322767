import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";
import { isAppError } from "@/lib/platform/errors";
import { changeSetQuery } from "@/lib/queries/change-sets";
import { getChangeSet } from "@/lib/services/change-sets/get-change-set";
import { services } from "@/lib/services/context";
import { prefetching } from "../../../_parts/prefetching";
import { ChangeSetClient } from "./client";

export const metadata: Metadata = { title: "Change set" };

export default async function ChangeSetPage({ params }: { params: Promise<{ id: string }> }) {
  const { actor } = await requireActor();
  const { id } = await params;
  const set = await getChangeSet(services(), actor, id).catch((error: unknown) => {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  });
  if (set === null) notFound();
  const client = await prefetching([[changeSetQuery(id), () => Promise.resolve(set)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ChangeSetClient id={id} />
    </HydrationBoundary>
  );
}
