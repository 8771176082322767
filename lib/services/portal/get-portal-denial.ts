import type { PortalDenial } from "@/lib/contracts/portal";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { explainDenial } from "../denials/get-denial";
import { shownRule, shownValue } from "../denials/shown-rule";
import { portalScope } from "./portal-scope";

/**
 * One denial of a program of the actor's, with the same *why* as in the console. Raises `not_found` alike for one that was
 * never reported and for another publisher's.
 */
export async function getPortalDenial(context: ServiceContext, actor: Actor, denialId: string): Promise<PortalDenial> {
  const { publisherId, isLooking } = portalScope(actor);
  return { ...toPortalDenial(await explainDenial(context, denialId, publisherId)), isLookedAt: isLooking };
}

/** What of a denial its program's developers may see: member by member, so that what is new is not shown by itself. */
function toPortalDenial(denial: DenialDetail): Omit<PortalDenial, "isLookedAt"> {
  const { ladder, nearest, decidedBy, changed, who, effect, similar } = denial;
  return {
    ...toRow(denial),
    ...{ appId: denial.appId, programName: denial.programName },
    ...{ programPosition: denial.programPosition, platformPosition: denial.platformPosition },
    ladder: ladder.map(({ check, code, layer, state, saw, isRecorded }) => ({
      ...{ check, code, layer, state, isRecorded },
      saw: saw === null ? null : { at: shownRule(saw.at), seen: saw.seen, wanted: saw.wanted },
    })),
    nearest: nearest === null ? null : { at: shownRule(nearest.at), name: nearest.name, misses: nearest.misses },
    decidedBy: decidedBy === null ? null : toDecidedBy(denial, decidedBy),
    ...{ times: denial.times, devices: denial.devices },
    changed: changed === null ? null : toChanged(denial, changed),
    who: {
      versions: who.versions.map(({ versionCode, times, devices }) => ({ versionCode, times, devices })),
      runtimes: who.runtimes.map(({ kind, version, records }) => ({ kind, version, records })),
    },
    effect: effect?.state === "allowed" ? { ...effect, since: toDecision(effect.since) } : effect,
    similar: similar.map(toRow),
  };
}

function toRow(row: DenialRow) {
  const { denialId, at, versionCode, code, layer, target, purpose } = row;
  return { denialId, at, versionCode, code, layer, target, purpose, rule: shownRule(row.rule) };
}

function toDecidedBy(denial: DenialDetail, { value, wasEverListed, at }: NonNullable<DenialDetail["decidedBy"]>) {
  const { layer, rule, appId, target } = denial;
  const host = denial.purpose === null ? null : target.replace(/:\d+$/, "");
  const pointer = shownRule(rule) ?? "";
  return { pointer, value: shownValue({ layer, rule, appId, host }, value), wasEverListed, at };
}

function toChanged({ layer }: DenialDetail, changed: NonNullable<DenialDetail["changed"]>) {
  const { firstAt, versionListedAt, before, endedBy, otherVersions, since, hours, marks } = changed;
  return {
    ...{ firstAt, versionListedAt, before, since, hours },
    endedBy: toDecision(endedBy),
    otherVersions: otherVersions.map(({ versionCode, times }) => ({ versionCode, times })),
    marks: marks
      // What the platform decided for everybody, and when, is the platform's.
      .filter(({ kind }) => kind === "version" || layer !== "platform")
      .map(({ kind, at, position, versionCode }) => ({ kind, at, position, versionCode })),
  };
}

type Decision = NonNullable<DenialDetail["changed"]>["endedBy"];
const toDecision = (decision: Decision) =>
  decision === null ? null : { document: decision.document, position: decision.position, at: decision.at };
