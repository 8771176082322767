"use client";

import { useMemo } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { RemoveButton } from "@/components/features/change-sets/remove-button";
import { TextField } from "@/components/features/change-sets/text-field";
import { useMemberForm } from "@/components/features/change-sets/use-member-form";
import { FieldGroup } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import { isSameValue } from "@/lib/domain/same-value";
import { LIMIT_ACTIONS, type LimitName } from "@/native/core/codes";
import type { Limit } from "@/native/core/shapes/claims";
import { formatLimit, LIMIT_WORDS } from "./limit-words";

type LimitSheetProps = {
  appId: string;
  owner: string;
  name: LimitName;
  /** The program's own limit, or null. */
  value: Limit | null;
  /** The platform's, which counts where the program has none. */
  platformValue: Limit | null;
  observed: { p50: number; p95: number; max: number } | null;
  onClose(): void;
};

/** Sets, edits or removes one limit of a program, in the unit that people say. */
export function LimitSheet({ appId, owner, name, value, platformValue, observed, onClose }: LimitSheetProps) {
  const { title, unit, isBytes } = LIMIT_WORDS[name];
  const member = useMemo(() => ({ kind: "limit", appId, name }) as const, [appId, name]);
  const form = useMemberForm({
    member,
    memberKey: `program:${appId}/limit:${name}`,
    value,
    start: value ?? platformValue ?? { action: "throttle" },
  });
  // What only says the platform's own again is no decision yet.
  const isUntouched = value === null && isSameValue(platformValue, form.taken.values[0]);
  const unitWord = isBytes ? "MiB" : unit || "at a time";
  const action = LIMIT_ACTIONS.find((choice) => choice === form.texts["/action"]) ?? "throttle";
  return (
    <DecisionSheet
      label={`Edit limit ${name}`}
      title={
        <>
          Edit limit <code>{name}</code>
        </>
      }
      sub={owner}
      form={isUntouched ? { ...form, changes: [] } : form}
      onClose={onClose}
      extra={value !== null && <RemoveButton form={form} what="limit" verb="Remove the program's own limit" />}
    >
      <p>
        {title}.{" "}
        {observed === null
          ? "Nothing was measured in this range."
          : `Device-minutes: p50 ${formatLimit(name, observed.p50)}, p95 ${formatLimit(name, observed.p95)}, greatest ${formatLimit(name, observed.max)}.`}
      </p>
      {!form.isRemoved && (
        <>
          <div className="grid grid-cols-2 gap-3">
            <TextField form={form} field="/max" label={`Limit, ${unitWord}`} inputMode="decimal" />
            <TextField
              form={form}
              field="/warn"
              label={`Warning, ${unitWord}`}
              inputMode="decimal"
              hint="Empty: 75 % of the limit"
            />
          </div>
          <FieldGroup label="When crossed">
            <Segmented
              label="When crossed"
              isSmall
              value={action}
              options={LIMIT_ACTIONS.map((choice) => ({ value: choice, label: choice }))}
              onChange={(choice) => form.write("/action", choice)}
            />
          </FieldGroup>
        </>
      )}
      <p className="text-muted">
        {platformValue === null
          ? "The platform sets none."
          : `The platform's own: ${formatLimit(name, platformValue.max)}, ${platformValue.action}.`}
      </p>
    </DecisionSheet>
  );
}
