"use client";

import { useId, useMemo, useState } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { Button } from "@/components/ui/button";
import { Field, FieldGroup } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { SensitivityTag } from "@/components/ui/tag";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { formatMember } from "@/lib/domain/member-keys";
import { isSameValue } from "@/lib/domain/same-value";
import { formatRevision } from "@/lib/format/revision";
import { findCapability } from "@/native/core/decide/catalog";
import type { Position } from "@/native/core/documents/position";
import type { Constraints, Grant } from "@/native/core/shapes/claims";
import { ConstraintFields } from "./constraint-fields";
import { fromDay, toDay } from "./date-field";

type GrantSheetProps = {
  appId: string;
  programName: string;
  position: Position | null;
  capability: string;
  /** The published grant, or null. */
  value: Grant | null;
  /** Where an unpublished grant starts: what the publisher asks for. */
  wish: Grant | null;
  reason: string | null;
  onClose(): void;
};

/** Grants, edits or removes one capability of one program. */
export function GrantSheet({
  appId,
  programName,
  position,
  capability,
  value,
  wish,
  reason,
  onClose,
}: GrantSheetProps) {
  const id = useId();
  const known = findCapability(capability);
  const start = value ?? wish ?? { consent: known?.sensitivity === "dangerous" ? "ask" : "none" };
  const [consent, setConsent] = useState(start.consent);
  const [day, setDay] = useState(toDay(start.until));
  const [constraints, setConstraints] = useState<Constraints>(start.constraints ?? {});
  const [isRemoved, setRemoved] = useState(false);

  const until = fromDay(day, start.until);
  const after = useMemo<Grant | null>(() => {
    if (isRemoved) return null;
    return {
      ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
      consent,
      ...(until === undefined ? {} : { until }),
    };
  }, [isRemoved, constraints, consent, until]);
  const changes = useMemo<ChangeInput[]>(
    () => (isSameValue(value, after) ? [] : [{ member: formatMember({ kind: "grant", appId, capability }), after }]),
    [appId, capability, value, after],
  );
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
      changes={changes}
      onClose={onClose}
      extra={
        value !== null && (
          <Button
            tone={isRemoved ? "plain" : "danger"}
            size="small"
            onClick={() => setRemoved(!isRemoved)}
            aria-pressed={isRemoved}
          >
            {isRemoved ? "Keep the grant" : "Remove the grant"}
          </Button>
        )
      }
    >
      {known !== undefined && <p>{known.exposes}</p>}
      {reason !== null && <p className="border-line border-l-2 pl-3 text-muted">“{reason}”</p>}
      {!isRemoved && (
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
              onChange={setConsent}
            />
          </FieldGroup>
          <Field
            label="Until"
            htmlFor={`${id}-until`}
            hint={value?.until === undefined ? "Empty: without end" : undefined}
          >
            <Input id={`${id}-until`} type="date" value={day} onChange={({ target }) => setDay(target.value)} />
          </Field>
          <FieldGroup label="Constraints">
            <ConstraintFields kinds={known?.constraints ?? []} value={constraints} onChange={setConstraints} />
          </FieldGroup>
        </>
      )}
    </DecisionSheet>
  );
}
