"use client";

import { Check } from "lucide-react";
import { Callout } from "@/components/ui/callout";
import { TextLink } from "@/components/ui/text-link";
import type { PortalDenial } from "@/lib/contracts/portal";
import type { DenialDetail } from "@/lib/contracts/programs";
import { sinceWords, throughWords } from "./mended-words";

/** Whether a decision mended it: since which revision it is allowed, and how many calls went through since. To developers no decision is named. */
export function EffectLine({ effect }: { effect: DenialDetail["effect"] | PortalDenial["effect"] }) {
  if (effect?.state !== "allowed") return null;
  const { since, stillRefused } = effect;
  return (
    <Callout icon={<Check size={16} aria-hidden />}>
      <strong>{sinceWords(effect)}</strong>
      {since !== null && "changeSetId" in since && since.changeSetId !== null && (
        <>
          , by <TextLink href={`/policy/${since.changeSetId}`}>change set {since.changeSetNumber}</TextLink>
        </>
      )}
      {since === null ? "." : `; ${throughWords(effect)}. Counted as minutes close, of devices that enforce it.`}
      {stillRefused.length > 0 && ` Refused still for ${stillRefused.join(", ")}.`}
    </Callout>
  );
}
