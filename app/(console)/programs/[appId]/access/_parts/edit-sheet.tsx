"use client";

import { useState } from "react";
import { loadedPart } from "@/components/blocks/loaded-part";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import type { AccessRow } from "@/lib/contracts/programs";
import { parseMember } from "@/lib/domain/member-keys";
import { listCapabilities } from "@/native/core/decide/catalog";
import type { Position } from "@/native/core/documents/position";
import type { Grant, HostRule } from "@/native/core/shapes/claims";

const GrantSheet = loadedPart(() =>
  import("@/components/features/programs/grant-sheet").then((part) => part.GrantSheet),
);
const HostSheet = loadedPart(() => import("@/components/features/programs/host-sheet").then((part) => part.HostSheet));

type EditSheetProps = {
  appId: string;
  programName: string;
  position: Position | null;
  /** A row's key, or `new-host`, or `new-grant`. */
  target: string;
  rows: readonly AccessRow[];
  onClose(): void;
};

/** The sheet for what the address says is edited. */
export function EditSheet({ appId, programName, position, target, rows, onClose }: EditSheetProps) {
  const [capability, setCapability] = useState<string | null>(null);
  const about = { appId, programName, position, onClose };
  if (target === "new-grant" && capability === null) {
    const granted = new Set(
      rows.filter(({ kind, value }) => kind === "capability" && value !== null).map(({ name }) => name),
    );
    const names = listCapabilities().flatMap(({ name }) => (granted.has(name) ? [] : [name]));
    return (
      <SidePanel isEdit label="Propose grant" title="Propose grant" sub={programName} onClose={onClose}>
        <SideSection>
          <Field label="Capability" htmlFor="capability" hint="A version may use it only if it declares it itself.">
            <Select id="capability" value="" onChange={(event) => setCapability(event.target.value)}>
              <option value="" disabled>
                Choose one
              </option>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        </SideSection>
      </SidePanel>
    );
  }
  if (target === "new-grant" && capability !== null) {
    return <GrantSheet {...about} capability={capability} value={null} wish={null} />;
  }
  if (target === "new-host") return <HostSheet {...about} ruleId={null} value={null} wish={null} />;
  const row = rows.find(({ key }) => key === target);
  if (row === undefined) return null;
  // Safe: the read answers with the very values that the policy is built from, chosen by the row's kind.
  const { value, wish } = row as { value: unknown; wish: unknown };
  return row.kind === "capability" ? (
    <GrantSheet
      {...about}
      capability={row.name}
      value={value as Grant | null}
      wish={wish as Grant | null}
      quote={row.reason}
    />
  ) : (
    <HostSheet
      {...about}
      ruleId={ruleIdOf(row)}
      value={value as HostRule | null}
      wish={wish as Partial<HostRule> | null}
      quote={row.reason}
    />
  );
}

/** Null where only a new rule could be added. */
function ruleIdOf({ member }: AccessRow): string | null {
  const known = member === null ? null : parseMember(member);
  return known?.kind === "host" ? known.ruleId : null;
}
