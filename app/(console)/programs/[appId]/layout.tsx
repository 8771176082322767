import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { isAppError } from "@/lib/platform/errors";
import { programQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { getProgram } from "@/lib/services/programs/get-program";
import { addressed } from "../../../_parts/addressed";
import { prefetching } from "../../../_parts/prefetching";
import { ProgramFrame } from "./_parts/program-frame";

type ProgramLayoutProps = { children: ReactNode; params: Promise<{ appId: string }> };

export default async function ProgramLayout({ children, params }: ProgramLayoutProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const program = await getProgram(services(), actor, appId).catch((error: unknown) => {
    if (isAppError(error) && (error.code === "not_found" || error.code === "invalid_input")) return null;
    throw error;
  });
  if (program === null) notFound();
  const client = await prefetching([[programQuery(appId), () => Promise.resolve(program)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ProgramFrame appId={appId}>{children}</ProgramFrame>
    </HydrationBoundary>
  );
}
