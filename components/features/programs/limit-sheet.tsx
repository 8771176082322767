"use client";

import { useId, useMemo, useState } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { Button } from "@/components/ui/button";
import { Field, FieldGroup } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { isSameValue } from "@/lib/domain/same-value";
import { LIMIT_ACTIONS, type LimitAction, type LimitName } from "@/native/core/codes";
import type { Limit } from "@/native/core/shapes/claims";
import { formatLimit, LIMIT_WORDS } from "./limit-words";

type LimitSheetProps = {
  owner: string;
  name: LimitName;
  member: string;
  /** The program's own limit, or null. */
  value: Limit | null;
  /** The platform's, which counts where the program has none. */
  platformValue: Limit | null;
  observed: { p50: number; p95: number; max: number } | null;
  onClose(): void;
};

const MIB = 1024 * 1024;

/** Sets, edits or removes one limit. Bytes are typed in MiB. */
export function LimitSheet({ owner, name, member, value, platformValue, observed, onClose }: LimitSheetProps) {
  const id = useId();
  const { title, unit, isBytes } = LIMIT_WORDS[name];
  const scale = isBytes ? MIB : 1;
  const start = value ?? platformValue;
  const [max, setMax] = useState(start === null ? "" : String(start.max / scale));
  const [warn, setWarn] = useState(start?.warn === undefined ? "" : String(start.warn / scale));
  const [action, setAction] = useState<LimitAction>(start?.action ?? "throttle");
  const [isRemoved, setRemoved] = useState(false);

  const maxValue = Math.round(Number(max) * scale);
  const warnValue = warn === "" ? undefined : Math.round(Number(warn) * scale);
  const problem =
    isRemoved || max === ""
      ? null
      : !Number.isSafeInteger(maxValue) || maxValue < 0
        ? "A limit is a whole number."
        : warnValue !== undefined && (!Number.isSafeInteger(warnValue) || warnValue > maxValue)
          ? "The warning is at most the limit."
          : null;
  const after = useMemo<Limit | null>(
    () => (isRemoved ? null : { ...(warnValue === undefined ? {} : { warn: warnValue }), max: maxValue, action }),
    [isRemoved, warnValue, maxValue, action],
  );
  const isUntouched = max === "" || (value === null && isSameValue(platformValue, after));
  const changes = useMemo<ChangeInput[]>(
    () => (problem !== null || (isUntouched && !isRemoved) || isSameValue(value, after) ? [] : [{ member, after }]),
    [problem, isUntouched, isRemoved, value, after, member],
  );
  const unitWord = isBytes ? "MiB" : unit || "at a time";
  return (
    <DecisionSheet
      label={`Edit limit ${name}`}
      title={
        <>
          Edit limit <code>{name}</code>
        </>
      }
      sub={owner}
      changes={changes}
      problem={problem}
      onClose={onClose}
      extra={
        value !== null && (
          <Button
            tone={isRemoved ? "plain" : "danger"}
            size="small"
            onClick={() => setRemoved(!isRemoved)}
            aria-pressed={isRemoved}
          >
            {isRemoved ? "Keep the limit" : "Remove the program's own limit"}
          </Button>
        )
      }
    >
      <p>
        {title}.{" "}
        {observed === null
          ? "Nothing was measured in this range."
          : `Device-minutes: p50 ${formatLimit(name, observed.p50)}, p95 ${formatLimit(name, observed.p95)}, greatest ${formatLimit(name, observed.max)}.`}
      </p>
      {!isRemoved && (
        <>
          <div className="grid grid-cols-2 gap-3">
            <Field label={`Limit, ${unitWord}`} htmlFor={`${id}-max`}>
              <Input id={`${id}-max`} inputMode="decimal" value={max} onChange={({ target }) => setMax(target.value)} />
            </Field>
            <Field label={`Warning, ${unitWord}`} htmlFor={`${id}-warn`} hint="Empty: 75 % of the limit">
              <Input
                id={`${id}-warn`}
                inputMode="decimal"
                value={warn}
                onChange={({ target }) => setWarn(target.value)}
              />
            </Field>
          </div>
          <FieldGroup label="When crossed">
            <Segmented
              label="When crossed"
              isSmall
              value={action}
              options={LIMIT_ACTIONS.map((name_) => ({ value: name_, label: name_ }))}
              onChange={setAction}
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
