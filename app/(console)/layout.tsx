import { dehydrate } from "@tanstack/react-query";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { DraftBar } from "@/components/features/change-sets/draft-bar";
import { ConsoleFrame } from "@/components/features/frame/console-frame";
import { requireActor } from "@/lib/auth/actor";
import { hasPermission } from "@/lib/domain/roles";
import { PREFERENCES_COOKIE, readPreferences } from "@/lib/format/preferences";
import { draftQuery } from "@/lib/queries/change-sets";
import { sessionQuery } from "@/lib/queries/session";
import { getDraft } from "@/lib/services/change-sets/get-draft";
import { services } from "@/lib/services/context";
import { getSession } from "@/lib/services/people/get-session";
import { readSeededUntil } from "@/lib/services/platform/read-seeded";
import { prefetching } from "../_parts/prefetching";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { actor, name, email, role, platformName, environment } = await requireActor();
  // Developers have rooms of their own.
  if (!hasPermission(role, "console.read")) redirect("/portal/programs");
  const context = services();
  const preferences = readPreferences((await cookies()).get(PREFERENCES_COOKIE)?.value);
  const client = await prefetching([
    [sessionQuery(), () => getSession(context, actor)],
    ...(hasPermission(role, "changes.propose") ? [[draftQuery(), () => getDraft(context, actor)] as const] : []),
  ]);
  return (
    <ConsoleFrame
      person={{ name, email, role, platformName, environment }}
      preferences={preferences}
      nowMs={context.clock.nowMs()}
      seededUntil={await readSeededUntil(context.store.db)}
      dock={<DraftBar />}
      state={dehydrate(client)}
    >
      {children}
    </ConsoleFrame>
  );
}
