import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { platform } from "@/db/schema";
import { PATH_HEADER, signInPath } from "@/lib/domain/return-path";
import type { Role } from "@/lib/domain/roles";
import { authContext } from "./context";
import { type PersonActor, readSession } from "./session-reader";

/** Who looks at a page, and where. */
export type PageActor = {
  personId: string;
  name: string;
  email: string;
  role: Role;
  publisherId: string | null;
  /** The store was made by the demo. */
  development: boolean;
  platformName: string;
  environment: "production" | "development";
  setUpComplete: boolean;
  /** The same person as verbs take it. */
  actor: PersonActor;
};

/** The headers of the request that Next answers. */
export const requestHeaders = async (): Promise<Headers> => await headers();

/** The signed-in person of this request, or null. Read once a request. */
export const findActor = cache(async (): Promise<PageActor | null> => {
  const context = authContext();
  const actor = await readSession(context, (await headers()).get("cookie"));
  if (actor === null) return null;
  const [row] = await context.store.db.select().from(platform).limit(1);
  const { personId, name, email, role, publisherId } = actor;
  return {
    personId,
    name,
    email,
    role,
    publisherId,
    development: context.config.isDevelopmentStore,
    platformName: row?.name ?? "Bulkhead",
    environment: context.config.environment,
    setUpComplete: row?.setUpAt != null,
    actor,
  };
});

/** The signed-in person of this request; anybody else is sent to sign in, and comes back from there. */
export async function requireActor(): Promise<PageActor> {
  const actor = await findActor();
  if (actor === null) redirect(signInPath((await headers()).get(PATH_HEADER) ?? "/"));
  return actor;
}
