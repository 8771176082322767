import { eq } from "drizzle-orm";
import { platform, programs, versions } from "@/db/schema";
import type { Overview } from "@/lib/contracts/overview";
import { type Actor, hasPermission } from "@/lib/domain/roles";
import { listWaitingFor } from "../change-sets/list-change-sets";
import type { ServiceContext } from "../context";
import { listHalvesFor } from "../people/list-halves";
import { listNewDenials } from "./new-denials";
import { listReachedLimits } from "./reached-limits";
import { listSuspended } from "./suspended-programs";
import { listEnding } from "./what-ends";
import { type Found, type Waiting, waitingFor } from "./what-waits";

const SUBMISSIONS_MAX = 50;
const NOTHING: Found = { items: [], isMore: false };

/**
 * What waits for this person, the most urgent kind first, each thing once: what programs run into for whoever may narrow, proposals
 * for whoever may decide on them, ends for whoever may put them off, a log that does not hold for all who read it. A few of
 * each kind are looked at, however many there are.
 */
export async function readWaiting(
  context: ServiceContext,
  actor: Actor,
  { nowMs, audit }: { nowMs: number; audit: Overview["loop"]["audit"] },
): Promise<Pick<Overview, "waiting" | "isMoreWaiting">> {
  const { db } = context.store;
  const may = (permission: Parameters<typeof hasPermission>[1]) =>
    actor.kind === "person" && hasPermission(actor.role, permission);
  const sets = await listSets(context, actor);
  const halves = await listHalvesFor(context, actor);
  const found: Found[] = [
    await findSetUp(context),
    may("audit.read") ? findBrokenLog(audit) : NOTHING,
    ...(may("changes.narrow")
      ? [
          await listNewDenials(db, nowMs),
          await listReachedLimits(db, nowMs),
          withoutDecided(await listSuspended(db, actor, nowMs), sets.decided),
        ]
      : []),
    sets,
    may("changes.approve") ? await listSubmissions(context) : NOTHING,
    await listEnding(db, actor, nowMs),
    { items: halves.map((half) => waitingFor(half)), isMore: false },
  ];
  return { waiting: found.flatMap(({ items }) => items), isMoreWaiting: found.some(({ isMore }) => isMore) };
}

async function findSetUp({ store: { db } }: ServiceContext): Promise<Found> {
  const [place] = await db.select({ setUpAt: platform.setUpAt, createdAt: platform.createdAt }).from(platform).limit(1);
  if (place === undefined || place.setUpAt !== null) return NOTHING;
  const row = waitingFor({
    kind: "set-up",
    id: "set-up",
    href: "/people",
    title: "Invite two people who can approve",
    detail: "No admin approves. Until two others can, nothing that widens is published.",
    since: place.createdAt.toISOString(),
    action: "Invite people",
  });
  return { items: [row], isMore: false };
}

function findBrokenLog({ isWhole, checkedAt }: Overview["loop"]["audit"]): Found {
  if (isWhole) return NOTHING;
  const row = waitingFor({
    kind: "log",
    id: "log",
    href: "/audit",
    title: "The audit log does not hold",
    detail: "Something in it is not what was signed.",
    since: checkedAt,
    action: "See where",
  });
  return { items: [row], isMore: false };
}

/** `decided`: the members that they would change. */
async function listSets(context: ServiceContext, actor: Actor): Promise<Found & { decided: ReadonlySet<string> }> {
  const sets = await listWaitingFor(context, actor);
  const items = sets.items.map((set): Waiting => {
    const names = [...new Set(set.changes.flatMap((change) => change.programName ?? []))].join(", ");
    const what = set.changes.length === 1 ? set.changes[0]?.title : `${set.changes.length} changes`;
    return waitingFor({
      kind: "change-set",
      id: set.id,
      href: `/policy/${set.id}`,
      title: `Change set ${set.number} by ${set.owner.name}: ${what}`,
      detail: [names, set.reason].filter((part) => part !== "").join(": "),
      since: set.proposedAt ?? set.updatedAt,
      action: set.state === "approved" ? "Publish to devices" : "Approve or refuse",
    });
  });
  const decided = new Set(sets.items.flatMap(({ changes }) => changes.map(({ member }) => member)));
  return { items, isMore: sets.isMore, decided };
}

/** A suspension whose lifting waits for the same person stands as that. */
const withoutDecided = ({ items, isMore }: Found, decided: ReadonlySet<string>): Found => ({
  items: items.filter(({ id }) => !decided.has(`program:${id}/status`)),
  isMore,
});

async function listSubmissions({ store: { db } }: ServiceContext): Promise<Found> {
  const submitted = await db
    .select({ version: versions, program: programs })
    .from(versions)
    .innerJoin(programs, eq(programs.appId, versions.appId))
    .where(eq(versions.state, "submitted"))
    .orderBy(versions.submittedAt)
    .limit(SUBMISSIONS_MAX + 1);
  const items = submitted.slice(0, SUBMISSIONS_MAX).map(({ version, program }) =>
    waitingFor({
      kind: "submission",
      id: version.submissionId,
      href: `/programs/${version.appId}/versions`,
      title: `${program.name} v${version.code}: submitted`,
      detail: `${version.declares.length} capabilities declared`,
      since: version.submittedAt.toISOString(),
      action: "Approve or refuse",
    }),
  );
  return { items, isMore: submitted.length > SUBMISSIONS_MAX };
}
