import type { Readiness } from "@/lib/contracts/readiness";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** What the process that answers stands on, with what to do where it fails; at most 5 seconds old. */
export async function getReadiness(context: ServiceContext, actor: Actor): Promise<Readiness> {
  requirePermission(actor, "console.read");
  return await context.readiness.read();
}
