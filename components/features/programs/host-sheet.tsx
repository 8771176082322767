"use client";

import { useMemo } from "react";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { RemoveButton } from "@/components/features/change-sets/remove-button";
import { TextField } from "@/components/features/change-sets/text-field";
import { useMemberForm } from "@/components/features/change-sets/use-member-form";
import { CheckboxLine } from "@/components/ui/checkbox";
import { FieldGroup } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import { itemsOf } from "@/lib/domain/texts/read-parts";
import { formatRevision } from "@/lib/format/revision";
import { HOST_PURPOSES } from "@/native/core/codes";
import { DEFAULT_PORT } from "@/native/core/decide/rule-parts";
import type { Position } from "@/native/core/documents/position";
import type { HostRule } from "@/native/core/shapes/claims";

type HostSheetProps = {
  appId: string;
  programName: string;
  position: Position | null;
  /** The rule's id; null for a new one. */
  ruleId: string | null;
  /** The published rule, or null for a new one. */
  value: HostRule | null;
  /** Where a new rule starts. */
  wish: Partial<HostRule> | null;
  /** The publisher's own words. */
  quote?: string | null;
  /** What it is about, in words of ours. */
  about?: string;
  /** The denial from which it is proposed. */
  denialId?: string;
  onClose(): void;
};

const NEW_RULE = { ports: [DEFAULT_PORT], purposes: ["request"] } satisfies Partial<HostRule>;

/** Adds, edits or removes one host rule of one program; hosts that are pasted together become one rule each. */
export function HostSheet(props: HostSheetProps) {
  const { appId, programName, position, ruleId, value, wish, quote = null, about, denialId, onClose } = props;
  const member = useMemo(() => ({ kind: "host", appId, ruleId: ruleId ?? "new" }) as const, [appId, ruleId]);
  const moreKey = `program:${appId}/host:new`;
  const form = useMemberForm({
    member,
    memberKey: `program:${appId}/host:${member.ruleId}`,
    moreKey,
    value,
    start: value ?? { ...NEW_RULE, ...wish },
  });
  const purposes = itemsOf(form.texts["/purposes"] ?? "");
  const hosts = form.taken.values.length;
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
      form={form}
      denialId={denialId}
      onClose={onClose}
      extra={value !== null && <RemoveButton form={form} what="rule" />}
    >
      {quote !== null && <q className="border-line border-l-2 pl-3 text-muted">{quote}</q>}
      {about !== undefined && <p className="text-muted">{about}</p>}
      {!form.isRemoved && (
        <>
          <TextField
            form={form}
            field="/host"
            label="Host"
            isMono
            rows={value === null ? 2 : 1}
            placeholder="api.example.com"
            hint={
              hosts > 1
                ? `${hosts} hosts: one rule each.`
                : "An exact name, or *. and a name for exactly one label. A URL, or several hosts, can be pasted."
            }
          />
          <FieldGroup label="Purposes" problem={form.issuesAt("/purposes").own.length > 0 && "Choose at least one."}>
            <div className="grid grid-cols-2">
              {HOST_PURPOSES.map((purpose) => (
                <CheckboxLine
                  key={purpose}
                  checked={purposes.includes(purpose)}
                  onChange={({ target }) => {
                    const others = purposes.filter((name) => name !== purpose);
                    form.write("/purposes", (target.checked ? [...others, purpose] : others).join(", "));
                  }}
                >
                  {purpose}
                </CheckboxLine>
              ))}
            </div>
          </FieldGroup>
          <div className="grid grid-cols-2 gap-3">
            <TextField
              form={form}
              field="/ports"
              label="Ports"
              isMono
              hint={
                form.taken.notes.some(({ port }) => port !== null) ? "Of hosts without one of their own" : undefined
              }
            />
            <TextField
              form={form}
              field="/fromVersion"
              label="From version"
              inputMode="numeric"
              hint="Empty: every version"
            />
          </div>
          <TextField form={form} field="/until" label="Until" isDay hint="Empty: without end" />
          <details {...(value?.pins === undefined ? {} : { open: true })}>
            <summary className="text-label">Pins</summary>
            <div className="mt-2 grid gap-3">
              <TextField
                form={form}
                field="/pins/sha256"
                label="SHA-256 of keys, one a line"
                isMono
                rows={3}
                hint="64 hex digits, or sha256/ and base64. Empty: no pins"
              />
              <TextField form={form} field="/pins/until" label="Pinned until" isDay />
              <Segmented
                label="Pin mode"
                isSmall
                value={form.texts["/pins/mode"] === "report" ? "report" : "enforce"}
                options={[
                  { value: "enforce", label: "enforce" },
                  { value: "report", label: "report" },
                ]}
                onChange={(mode) => form.write("/pins/mode", mode)}
              />
            </div>
          </details>
        </>
      )}
    </DecisionSheet>
  );
}
