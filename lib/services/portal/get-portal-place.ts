import { eq } from "drizzle-orm";
import { publishers } from "@/db/schema";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { portalScope } from "./portal-scope";

/** Where the actor stands in the portal: the publisher of a developer; null of whoever looks at what developers see. */
export async function getPortalPlace(context: ServiceContext, actor: Actor): Promise<{ publisherName: string | null }> {
  const { publisherId } = portalScope(actor);
  if (publisherId === undefined) return { publisherName: null };
  const [row] = await context.store.db.select().from(publishers).where(eq(publishers.id, publisherId)).limit(1);
  return { publisherName: row?.name ?? "" };
}
