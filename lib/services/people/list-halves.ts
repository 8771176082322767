import { and, eq, isNull, ne, or } from "drizzle-orm";
import { handovers, people } from "@/db/schema";
import { isOpen } from "@/lib/auth/handovers";
import type { Overview } from "@/lib/contracts/overview";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";

/** The halves of sign-ins that this person may be shown and was not, as things to do. */
export async function listHalvesFor(
  ctx: ServiceContext,
  actor: Actor,
): Promise<Omit<Overview["waiting"][number], "until" | "limit">[]> {
  if (actor.kind !== "person") return [];
  const { personId } = actor;
  const rows = await ctx.store.db
    .select({ handover: handovers, name: people.name })
    .from(handovers)
    .innerJoin(people, eq(people.id, handovers.personId))
    .where(
      and(
        isOpen(ctx.clock.nowMs()),
        ne(handovers.linkTo, handovers.codeTo),
        or(
          and(eq(handovers.linkTo, personId), isNull(handovers.tokenSha256)),
          and(eq(handovers.codeTo, personId), isNull(handovers.codeHmac)),
        ),
      ),
    )
    .orderBy(handovers.createdAt);
  return rows.map(({ handover, name }) => {
    const half = handover.linkTo === personId ? "link" : "code";
    return {
      kind: "sign-in",
      id: handover.personId,
      href: `/people?edit=${handover.personId}`,
      title: `The ${half} for ${name}`,
      detail: "It is shown once, to you alone, and handed over by you.",
      since: handover.createdAt.toISOString(),
      action: `Show the ${half}`,
    };
  });
}
