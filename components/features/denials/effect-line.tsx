"use client";

import { Check } from "lucide-react";
import { Callout } from "@/components/ui/callout";
import { TextLink } from "@/components/ui/text-link";
import type { PortalDenial } from "@/lib/contracts/portal";
import type { DenialDetail } from "@/lib/contracts/programs";
import { plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";

/** Whether a decision mended it: since which revision it is allowed, and how many calls went through since. To developers no decision is named. */
export function EffectLine({ effect }: { effect: DenialDetail["effect"] | PortalDenial["effect"] }) {
  if (effect?.state !== "allowed") return null;
  const { since, isFirst, through } = effect;
  return (
    <Callout icon={<Check size={16} aria-hidden />}>
      {since === null ? (
        <strong>Allowed by what is in force.</strong>
      ) : (
        <strong>
          Allowed since {since.document === "platform" ? "platform revision" : "revision"}{" "}
          {formatRevision(since.position)}
          {!isFirst && " or before it"}
        </strong>
      )}
      {since !== null && "changeSetId" in since && since.changeSetId !== null && (
        <>
          , by <TextLink href={`/policy/${since.changeSetId}`}>change set {since.changeSetNumber}</TextLink>
        </>
      )}
      ; {plural(through, "call")} went through since. Counted as whole minutes come in from devices that applied it.
    </Callout>
  );
}
