import { dehydrate } from "@tanstack/react-query";
import type { Metadata } from "next";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";
import { PREFERENCES_COOKIE, readPreferences } from "@/lib/format/preferences";
import { peopleQuery } from "@/lib/queries/people";
import { services } from "@/lib/services/context";
import { listPeople } from "@/lib/services/people/list-people";
import { prefetching } from "../../_parts/prefetching";
import { SetUpClient } from "./client";

export const metadata: Metadata = { title: "Set up" };

/** First start: it is done when two others than the admin can approve, once and for good. */
export default async function SetUpPage() {
  const { actor, role, setUpComplete, platformName, environment } = await requireActor();
  if (setUpComplete || role !== "admin") redirect("/");
  const context = services();
  const preferences = readPreferences((await cookies()).get(PREFERENCES_COOKIE)?.value);
  const client = await prefetching([[peopleQuery({}), () => listPeople(context, actor, {})]]);
  return (
    <SetUpClient
      platformName={platformName}
      environment={environment}
      preferences={preferences}
      nowMs={context.clock.nowMs()}
      state={dehydrate(client)}
    />
  );
}
