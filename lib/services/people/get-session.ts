import { count, eq } from "drizzle-orm";
import { people, platform, versions } from "@/db/schema";
import type { SessionView } from "@/lib/contracts/people";
import { mayNarrow, mayPropose } from "@/lib/domain/change-set-lifecycle";
import { MEMBER_KINDS } from "@/lib/domain/kinds";
import { type Actor, hasPermission, ROLE_PERMISSIONS } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { listWaitingFor } from "../change-sets/list-change-sets";
import type { ServiceContext } from "../context";
import { listHalvesFor } from "./list-halves";

const NONE = { items: [], isMore: false };

/** Who is signed in, and what waits for them. Every role may ask it of itself. */
export async function getSession(context: ServiceContext, actor: Actor): Promise<SessionView> {
  if (actor.kind !== "person") throw new AppError("unauthenticated", "Sign in first.");
  const { db } = context.store;
  const [place] = await db.select().from(platform).limit(1);
  const approves = hasPermission(actor.role, "changes.approve");
  const waiting = hasPermission(actor.role, "console.read") ? await listWaitingFor(context, actor) : NONE;
  const halves = await listHalvesFor(context, actor);
  const [submitted] = approves
    ? await db.select({ count: count() }).from(versions).where(eq(versions.state, "submitted"))
    : [];
  const others = context.config.isDevelopmentStore
    ? await db
        .select({ personId: people.id, name: people.name, role: people.role })
        .from(people)
        .where(eq(people.state, "active"))
        .orderBy(people.name)
        .limit(50)
    : [];
  const { personId, name, email, role, publisherId } = actor;
  return {
    personId,
    name,
    email,
    role,
    publisherId,
    platformName: place?.name ?? "Bulkhead",
    environment: context.config.environment,
    isDevelopmentStore: context.config.isDevelopmentStore,
    setUpComplete: place?.setUpAt != null,
    seededUntil: place?.seededUntil?.toISOString() ?? null,
    may: {
      permissions: [...ROLE_PERMISSIONS[role]],
      propose: MEMBER_KINDS.filter((kind) => mayPropose(role, kind)),
      narrow: MEMBER_KINDS.filter((kind) => mayNarrow(role, kind)),
    },
    counts: {
      ...{ changeSets: waiting.items.length, isMore: waiting.isMore },
      ...{ submissions: submitted?.count ?? 0, signIns: halves.length },
    },
    switchTo: others.filter((other) => other.personId !== personId),
  };
}
