import { dehydrate } from "@tanstack/react-query";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { PortalFrame } from "@/components/features/portal/portal-frame";
import { requireActor } from "@/lib/auth/actor";
import { PREFERENCES_COOKIE, readPreferences } from "@/lib/format/preferences";
import { sessionQuery } from "@/lib/queries/session";
import { services } from "@/lib/services/context";
import { getSession } from "@/lib/services/people/get-session";
import { readSeededUntil } from "@/lib/services/platform/read-seeded";
import { getPortalPlace } from "@/lib/services/portal/get-portal-place";
import { prefetching } from "../_parts/prefetching";

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const { actor, name, email, role, platformName, environment } = await requireActor();
  const context = services();
  const preferences = readPreferences((await cookies()).get(PREFERENCES_COOKIE)?.value);
  const { publisherName } = await getPortalPlace(context, actor);
  const client = await prefetching([[sessionQuery(), () => getSession(context, actor)]]);
  return (
    <PortalFrame
      person={{ name, email, role, platformName, environment, publisherName }}
      preferences={preferences}
      nowMs={context.clock.nowMs()}
      seededUntil={await readSeededUntil(context.store.db)}
      dock={null}
      state={dehydrate(client)}
    >
      {children}
    </PortalFrame>
  );
}
