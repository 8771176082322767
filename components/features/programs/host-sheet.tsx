"use client";

import { useId, useMemo, useState } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { Button } from "@/components/ui/button";
import { CheckboxLine } from "@/components/ui/checkbox";
import { Field, FieldGroup } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { isSameValue } from "@/lib/domain/same-value";
import { formatRevision } from "@/lib/format/revision";
import { HOST_PURPOSES, type HostPurpose } from "@/native/core/codes";
import { readHostPattern } from "@/native/core/decide/host-name";
import { isPort, SHA256_HEX } from "@/native/core/decide/rule-parts";
import type { Position } from "@/native/core/documents/position";
import type { HostRule } from "@/native/core/shapes/claims";
import { fromDay, toDay } from "./date-field";

type HostSheetProps = {
  programName: string;
  position: Position | null;
  /** The rule's member key. */
  member: string;
  /** The published rule, or null for a new one. */
  value: HostRule | null;
  /** Where a new rule starts. */
  wish: Partial<HostRule> | null;
  reason: string | null;
  onClose(): void;
};

/** Adds, edits or removes one host rule of one program. */
export function HostSheet({ programName, position, member, value, wish, reason, onClose }: HostSheetProps) {
  const id = useId();
  const start = value ?? wish ?? {};
  const [host, setHost] = useState(start.host ?? "");
  const [ports, setPorts] = useState((start.ports ?? [443]).join(", "));
  const [purposes, setPurposes] = useState<readonly HostPurpose[]>(start.purposes ?? ["request"]);
  const [day, setDay] = useState(toDay(start.until));
  const [fromVersion, setFromVersion] = useState(start.fromVersion === undefined ? "" : String(start.fromVersion));
  const [pins, setPins] = useState(start.pins?.sha256.join("\n") ?? "");
  const [pinDay, setPinDay] = useState(toDay(start.pins?.until));
  const [pinMode, setPinMode] = useState(start.pins?.mode ?? "enforce");
  const [isRemoved, setRemoved] = useState(false);

  const problem = isRemoved ? null : problemOf({ host, ports, purposes, pins, pinDay });
  const after = useMemo<HostRule | null>(() => {
    if (isRemoved || problem !== null) return null;
    const until = fromDay(day, start.until);
    const pinUntil = fromDay(pinDay, start.pins?.until);
    const sha256 = pins.split(/[\s,]+/).filter(Boolean);
    return {
      host: readName(host),
      ports: readPorts(ports) ?? [],
      purposes: HOST_PURPOSES.filter((purpose) => purposes.includes(purpose)),
      ...(until === undefined ? {} : { until }),
      ...(fromVersion === "" ? {} : { fromVersion: Math.trunc(Number(fromVersion)) }),
      ...(sha256.length === 0 || pinUntil === undefined ? {} : { pins: { sha256, until: pinUntil, mode: pinMode } }),
    };
  }, [isRemoved, problem, host, ports, purposes, day, fromVersion, pins, pinDay, pinMode, start.until, start.pins]);
  const isUntouched = value === null && isRemoved;
  const changes = useMemo<ChangeInput[]>(
    () => (problem !== null || isUntouched || isSameValue(value, after) ? [] : [{ member, after }]),
    [problem, isUntouched, value, after, member],
  );
  return (
    <DecisionSheet
      label={value === null ? "Propose host" : `Edit host ${value.host}`}
      title={
        value === null ? (
          "Propose host"
        ) : (
          <>
            Edit host{" "}
            <code>
              <bdi>{value.host}</bdi>
            </code>
          </>
        )
      }
      sub={`${programName}, revision ${position === null ? "none" : formatRevision(position)}`}
      changes={changes}
      problem={host === "" ? null : problem}
      onClose={onClose}
      extra={
        value !== null && (
          <Button
            tone={isRemoved ? "plain" : "danger"}
            size="small"
            onClick={() => setRemoved(!isRemoved)}
            aria-pressed={isRemoved}
          >
            {isRemoved ? "Keep the rule" : "Remove the rule"}
          </Button>
        )
      }
    >
      {reason !== null && <p className="border-line border-l-2 pl-3 text-muted">“{reason}”</p>}
      {!isRemoved && (
        <>
          <Field label="Host" htmlFor={`${id}-host`} hint="An exact name, or *. and a name for exactly one label.">
            <Input
              id={`${id}-host`}
              isMono
              autoComplete="off"
              spellCheck={false}
              placeholder="api.example.com"
              value={host}
              onChange={({ target }) => setHost(target.value)}
            />
          </Field>
          <FieldGroup label="Purposes">
            <div className="grid grid-cols-2">
              {HOST_PURPOSES.map((purpose) => (
                <CheckboxLine
                  key={purpose}
                  checked={purposes.includes(purpose)}
                  onChange={({ target }) =>
                    setPurposes(target.checked ? [...purposes, purpose] : purposes.filter((name) => name !== purpose))
                  }
                >
                  {purpose}
                </CheckboxLine>
              ))}
            </div>
          </FieldGroup>
          <div className="grid grid-cols-2 gap-3">
            <Field label="Ports" htmlFor={`${id}-ports`}>
              <Input id={`${id}-ports`} isMono value={ports} onChange={({ target }) => setPorts(target.value)} />
            </Field>
            <Field label="From version" htmlFor={`${id}-from`} hint="Empty: every version">
              <Input
                id={`${id}-from`}
                type="number"
                min={1}
                value={fromVersion}
                onChange={({ target }) => setFromVersion(target.value)}
              />
            </Field>
          </div>
          <Field label="Until" htmlFor={`${id}-until`} hint="Empty: without end">
            <Input id={`${id}-until`} type="date" value={day} onChange={({ target }) => setDay(target.value)} />
          </Field>
          <details {...(start.pins === undefined ? {} : { open: true })}>
            <summary className="text-label">Pins</summary>
            <div className="mt-2 grid gap-3">
              <Field
                label="SHA-256 of keys, one a line"
                htmlFor={`${id}-pins`}
                hint="64 hex digits each. Empty: no pins"
              >
                <Textarea id={`${id}-pins`} isMono value={pins} onChange={({ target }) => setPins(target.value)} />
              </Field>
              <Field label="Pinned until" htmlFor={`${id}-pin-until`}>
                <Input
                  id={`${id}-pin-until`}
                  type="date"
                  value={pinDay}
                  onChange={({ target }) => setPinDay(target.value)}
                />
              </Field>
              <Segmented
                label="Pin mode"
                isSmall
                value={pinMode}
                options={[
                  { value: "enforce", label: "enforce" },
                  { value: "report", label: "report" },
                ]}
                onChange={setPinMode}
              />
            </div>
          </details>
        </>
      )}
    </DecisionSheet>
  );
}

type Fields = { host: string; ports: string; purposes: readonly string[]; pins: string; pinDay: string };

/** The first thing that keeps the fields from being a rule; the finer checks are the server's. */
function problemOf({ host, ports, purposes, pins, pinDay }: Fields): string | null {
  if (readHostPattern(readName(host)) === undefined) {
    return "A host is a name of two labels or more, api.example.com, or *. and such a name; no scheme, port or path.";
  }
  if (readPorts(ports) === null) return "Ports are numbers from 1 to 65535, by comma.";
  if (purposes.length === 0) return "A rule has at least one purpose.";
  const digests = pins.split(/[\s,]+/).filter(Boolean);
  if (digests.some((digest) => !SHA256_HEX.test(digest))) return "A pin is 64 lower-case hex digits.";
  if (digests.length > 0 && pinDay === "") return "Pins end on a day.";
  return null;
}

/** As it was typed, without blanks around and in the one case that rules are written in. */
function readName(text: string): string {
  return text.trim().toLowerCase();
}

function readPorts(text: string): number[] | null {
  const ports = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number);
  const areGood = ports.length > 0 && ports.every(isPort);
  return areGood ? [...new Set(ports)].sort((a, b) => a - b) : null;
}
