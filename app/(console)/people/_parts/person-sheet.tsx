"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { OneTimeLink } from "@/components/features/people/one-time-link";
import { Button } from "@/components/ui/button";
import { CheckboxLine } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import type { PersonView } from "@/lib/contracts/people";
import { formatMember } from "@/lib/domain/member-keys";
import { ROLES, type Role } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { makePersonLink } from "@/lib/queries/people";
import { usePermission } from "@/lib/queries/use-permission";

/**
 * One person's role and access. It is a decision like any other: what narrows acts at once. Whoever does not manage people
 * may lock a sign-in, and propose its unlocking.
 */
export function PersonSheet({ person, onClose }: { person: PersonView; onClose(): void }) {
  const id = useId();
  const [role, setRole] = useState<Role>(person.role);
  const [isDisabled, setDisabled] = useState(person.state === "disabled");
  const [isLocked, setLocked] = useState(person.isSignInLocked);
  const mayManage = usePermission("people.manage");
  const link = useMutation({ mutationFn: () => makePersonLink(person.id) });
  const { email, name, publisherId, state } = person;
  const changes = useMemo<ChangeInput[]>(() => {
    const before = { email, name, role: person.role, publisherId, state };
    const after = {
      ...before,
      role,
      state: isDisabled ? "disabled" : state === "disabled" ? "active" : state,
    };
    const lock = formatMember({ kind: "sign-in-lock", personId: person.id });
    return [
      ...(isSameValue(before, after) ? [] : [{ member: formatMember({ kind: "person", personId: person.id }), after }]),
      ...(isLocked === person.isSignInLocked ? [] : [{ member: lock, after: isLocked ? true : null }]),
    ];
  }, [email, name, publisherId, state, person.role, person.isSignInLocked, person.id, role, isDisabled, isLocked]);
  if (person.isMe) {
    return (
      <SidePanel label={name} title={name} sub={email} onClose={onClose}>
        <SideSection>
          <p>This is you. Nobody changes their own role.</p>
        </SideSection>
      </SidePanel>
    );
  }
  return (
    <DecisionSheet
      label={`Edit ${name}`}
      title={name}
      sub={email}
      changes={changes}
      onClose={onClose}
      extra={
        !mayManage ? undefined : (
          <div className="grid gap-2">
            <p className="text-muted">
              {state === "invited"
                ? "The invitation's link can be made again; the earlier one ends."
                : "A one-time link sets a new password. Resetting another's sign-in takes two people."}
            </p>
            {link.data ? (
              <OneTimeLink link={link.data.link} expiresAt={link.data.expiresAt} />
            ) : (
              <span>
                <Button size="small" disabled={link.isPending} onClick={() => link.mutate()}>
                  {state === "invited" ? "Make the invitation again" : "Make a reset link"}
                </Button>
              </span>
            )}
            {link.error && <p role="alert">{link.error.message}</p>}
          </div>
        )
      }
    >
      <p className="text-muted">
        {person.lastSeenAt === null ? (
          "Never signed in."
        ) : (
          <>
            Last seen <RelativeTime at={person.lastSeenAt} />.
          </>
        )}
      </p>
      {mayManage && (
        <>
          <Field label="Role" htmlFor={`${id}-role`}>
            <Select
              id={`${id}-role`}
              value={role}
              onChange={({ target }) => setRole(ROLES.find((name_) => name_ === target.value) ?? role)}
            >
              {ROLES.filter((name_) => name_ !== "developer" || publisherId !== null).map((name_) => (
                <option key={name_} value={name_}>
                  {name_}
                </option>
              ))}
            </Select>
          </Field>
          <CheckboxLine checked={isDisabled} onChange={({ target }) => setDisabled(target.checked)}>
            Disabled: sessions end at once
          </CheckboxLine>
        </>
      )}
      <CheckboxLine checked={isLocked} onChange={({ target }) => setLocked(target.checked)}>
        Sign-in locked: sessions and links end at once, and unlocking takes two people
      </CheckboxLine>
    </DecisionSheet>
  );
}
