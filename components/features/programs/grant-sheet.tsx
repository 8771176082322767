"use client";

import { useMemo } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { RemoveButton } from "@/components/features/change-sets/remove-button";
import { TextField } from "@/components/features/change-sets/text-field";
import { useMemberForm } from "@/components/features/change-sets/use-member-form";
import { FieldGroup } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import { SensitivityTag } from "@/components/ui/tag";
import { formatMember } from "@/lib/domain/member-keys";
import { formatRevision } from "@/lib/format/revision";
import { findCapability } from "@/native/core/decide/catalog";
import type { Position } from "@/native/core/documents/position";
import type { Grant } from "@/native/core/shapes/claims";
import { ConstraintFields } from "./constraint-fields";

type GrantSheetProps = {
  appId: string;
  programName: string;
  position: Position | null;
  capability: string;
  /** The published grant, or null. */
  value: Grant | null;
  /** Where an unpublished grant starts: what the publisher asks for. */
  wish: Grant | null;
  /** The publisher's own words. */
  quote?: string | null;
  /** What it is about, in words of ours. */
  about?: string;
  /** The denial from which it is proposed. */
  denialId?: string;
  onClose(): void;
};

/** Grants, edits or removes one capability of one program. */
export function GrantSheet(props: GrantSheetProps) {
  const { appId, programName, position, capability, value, wish, quote = null, about, denialId, onClose } = props;
  const known = findCapability(capability);
  const member = useMemo(() => ({ kind: "grant", appId, capability }) as const, [appId, capability]);
  const form = useMemberForm({
    member,
    memberKey: formatMember(member),
    value,
    start: value ?? wish ?? { consent: known?.sensitivity === "dangerous" ? "ask" : "none" },
  });
  const consent = form.texts["/consent"] === "ask" ? "ask" : "none";
  return (
    <DecisionSheet
      label={`Edit grant ${capability}`}
      title={
        <>
          {value === null ? "Grant" : "Edit grant"} <code>{capability}</code>
        </>
      }
      sub={`${programName}, revision ${position === null ? "none" : formatRevision(position)}`}
      tag={known === undefined ? null : <SensitivityTag sensitivity={known.sensitivity} />}
      form={form}
      denialId={denialId}
      onClose={onClose}
      extra={value !== null && <RemoveButton form={form} what="grant" />}
    >
      {known !== undefined && <p>{known.exposes}</p>}
      {quote !== null && <q className="border-line border-l-2 pl-3 text-muted">{quote}</q>}
      {about !== undefined && <p className="text-muted">{about}</p>}
      {!form.isRemoved && (
        <>
          <FieldGroup label="Consent" hint={consent === "ask" ? "The user is asked at the first call." : undefined}>
            <Segmented
              label="Consent"
              isSmall
              value={consent}
              options={[
                { value: "none", label: "none" },
                { value: "ask", label: "ask" },
              ]}
              onChange={(choice) => form.write("/consent", choice)}
            />
          </FieldGroup>
          <TextField
            form={form}
            field="/until"
            label="Until"
            isDay
            hint={value?.until === undefined ? "Empty: without end" : undefined}
          />
          <FieldGroup label="Constraints">
            <ConstraintFields kinds={known?.constraints ?? []} form={form} />
          </FieldGroup>
        </>
      )}
    </DecisionSheet>
  );
}
