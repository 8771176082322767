import { type DocumentIssue, type DocumentKind, decidedIssues, issueAsOf } from "@/db/newest-document";
import type { Database } from "@/db/store";
import { type DocumentPair, type ToldRefusal, wasMendedBy } from "@/lib/domain/denials/replay";
import { isNewerPosition, type Position, positionOf } from "@/native/core/documents/position";
import { platformClaimsAt, programClaimsAt } from "../programs/newest-claims";
import { type DecidedRevision, numbersOf } from "./decided-revisions";

/** Decisions that are looked at: with what is before them nothing is compared. */
const STEPS_MAX = 12;

/** From one decision on a program's document or the platform's to the next one: the pair of documents that was in force. */
export type Step = { at: Date; endMs: number; made: { program?: DocumentIssue; platform?: DocumentIssue } };

/** What was in force for a program, as far as its newest decisions. Each document is read once, when it is asked for. */
export type Timeline = {
  /** The newest first. */
  steps: readonly Step[];
  /** Whether there were decisions before those. */
  isCut: boolean;
  /** Null where a document of it is not kept, or was not there yet. */
  pairOf(step: Step): Promise<DocumentPair | null>;
};

export async function readTimeline(db: Database, appId: string, nowMs: number): Promise<Timeline> {
  const kinds = { program: appId, platform: "" } as const;
  const made = {
    program: await decidedIssues(db, "program", appId, STEPS_MAX),
    platform: await decidedIssues(db, "platform", "", STEPS_MAX),
  };
  // One decision may have made both.
  const byDecision = new Map<string, Omit<Step, "endMs">>();
  for (const kind of ["program", "platform"] as const) {
    for (const issue of made[kind]) {
      const key = `${issue.createdAt.getTime()} ${issue.changeSetId}`;
      const known = byDecision.get(key) ?? { at: issue.createdAt, made: {} };
      byDecision.set(key, { ...known, made: { ...known.made, [kind]: issue } });
    }
  }
  const all = [...byDecision.values()].sort((a, b) => b.at.getTime() - a.at.getTime());
  const steps = all.slice(0, STEPS_MAX).map((step, nth) => ({
    ...step,
    endMs:
      nth === 0
        ? Math.max(nowMs, step.at.getTime())
        : Math.max(step.at.getTime(), (all[nth - 1]?.at.getTime() ?? nowMs) - 1000),
  }));
  const issueIn = async (kind: DocumentKind, at: Date) =>
    made[kind].find(({ createdAt }) => createdAt <= at) ?? (await issueAsOf(db, kind, kinds[kind], at));
  const program = once((at: Position) => programClaimsAt(db, appId, at));
  const platform = once((at: Position) => platformClaimsAt(db, at));
  const pairs = new Map<Step, Promise<DocumentPair | null>>();
  const load = async ({ at }: Step): Promise<DocumentPair | null> => {
    const [own, common] = [await issueIn("program", at), await issueIn("platform", at)];
    if (own === null || common === null) return null;
    const pair = { program: await program(positionOf(own)), platform: await platform(positionOf(common)) };
    return pair.program === null || pair.platform === null
      ? null
      : { program: pair.program.claims, platform: pair.platform.claims };
  };
  return {
    steps,
    isCut: all.length > STEPS_MAX || made.program.length === STEPS_MAX || made.platform.length === STEPS_MAX,
    pairOf(step) {
      const known = pairs.get(step) ?? load(step);
      pairs.set(step, known);
      return known;
    },
  };
}

/** Reads what stands at a position the first time that it is asked for. */
function once<Found>(load: (at: Position) => Promise<Found>): (at: Position) => Promise<Found> {
  const known = new Map<string, Promise<Found>>();
  return (at) => {
    const key = `${at.epoch} ${at.revision}`;
    const found = known.get(key) ?? load(at);
    known.set(key, found);
    return found;
  };
}

/** The documents by which something was refused; null where that is not known. */
export type RefusedBy = { program: Position | null; platform: Position | null };

/** Whether a decision came after a refusal: it made a document that is newer than the one that refused. */
export function isAfter({ made }: Step, refusedBy: RefusedBy): boolean {
  const isNewer = (kind: DocumentKind) => {
    const [issue, refused] = [made[kind], refusedBy[kind]];
    return issue !== undefined && refused !== null && isNewerPosition(positionOf(issue), refused);
  };
  return isNewer("program") || isNewer("platform");
}

/**
 * The decision since which what was refused is let through without a break, of those after the refusal; null where there is none among
 * those that are looked at. `isFirst`: what was in force before it refused it. The caller knows that what is in force lets it through.
 */
export async function findSince(
  { steps, isCut, pairOf }: Timeline,
  told: ToldRefusal,
  refusedBy: RefusedBy,
): Promise<{ since: Step; isFirst: boolean } | null> {
  const isKnown = refusedBy.program !== null && refusedBy.platform !== null;
  let since: Step | null = null;
  let isFirst = !isCut;
  for (const step of steps) {
    if (isKnown && !isAfter(step, refusedBy)) {
      isFirst = true;
      break;
    }
    const pair = await pairOf(step);
    if (pair === null || !wasMendedBy(told, pair, Math.floor(step.endMs / 1000))) {
      isFirst = true;
      break;
    }
    since = step;
  }
  // Of a refusal by unknown documents a decision before which it was not refused may be one before it.
  if (since === null || (!isKnown && !isFirst)) return null;
  return { since, isFirst };
}

/** A decision as pages name it: by the document of the layer that refused where it made both. */
export function documentOf({ made }: Step, layer: string): { document: DocumentKind; issue: DocumentIssue } | null {
  const first = layer === "platform" ? ("platform" as const) : ("program" as const);
  const other = first === "platform" ? ("program" as const) : ("platform" as const);
  for (const document of [first, other]) {
    const issue = made[document];
    if (issue !== undefined) return { document, issue };
  }
  return null;
}

/** The same with the number of its change set. */
export async function toDecided(db: Database, step: Step, layer: string): Promise<DecidedRevision | null> {
  const named = documentOf(step, layer);
  if (named === null) return null;
  const { document, issue } = named;
  const numbers = await numbersOf(db, [issue]);
  return {
    ...{ document, position: positionOf(issue), at: issue.createdAt, changeSetId: issue.changeSetId },
    changeSetNumber: numbers.get(issue.changeSetId ?? "") ?? null,
  };
}
