"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { DecisionSheet } from "@/components/features/change-sets/decision-sheet";
import { Halves } from "@/components/features/people/halves";
import { ShownBoth, ShownOnce } from "@/components/features/people/shown-once";
import { signInWords } from "@/components/features/people/sign-in-words";
import { Button } from "@/components/ui/button";
import { CheckboxLine } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import type { PersonView } from "@/lib/contracts/people";
import { isDecidingRole } from "@/lib/domain/kinds/person";
import { formatMember } from "@/lib/domain/member-keys";
import { ROLES, type Role } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { showPersonLink } from "@/lib/queries/people";
import { sessionQuery } from "@/lib/queries/session";
import { useMay } from "@/lib/queries/use-may";

type PersonSheetProps = { person: PersonView; isSetUp: boolean; onClose(): void };

/**
 * One person's role and access. It is a decision like any other: what narrows acts at once. Whoever does not manage people
 * may lock a sign-in, and propose its unlocking.
 */
export function PersonSheet({ person, isSetUp, onClose }: PersonSheetProps) {
  const id = useId();
  const [role, setRole] = useState<Role>(person.role);
  const [isDisabled, setDisabled] = useState(person.state === "disabled");
  const [isLocked, setLocked] = useState(person.isSignInLocked);
  const mayManage = useMay().propose("person");
  const [isGiven, setGiven] = useState(false);
  const session = useQuery(sessionQuery());
  const isRaised = session.data?.isDevelopmentStore === false && !isDecidingRole(person.role) && isDecidingRole(role);
  const { email, name, publisherId, state } = person;
  const changes = useMemo<ChangeInput[]>(() => {
    const before = { email, name, role: person.role, publisherId, state };
    const after = {
      ...before,
      role,
      state: isDisabled ? "disabled" : state === "disabled" ? "active" : state,
    };
    const lock = formatMember({ kind: "sign-in-lock", personId: person.id });
    const signIn = {
      member: formatMember({ kind: "sign-in", personId: person.id }),
      after: { purpose: state === "invited" ? "invite" : "reset" },
    };
    return [
      ...(isGiven ? [signIn] : []),
      ...(isSameValue(before, after) ? [] : [{ member: formatMember({ kind: "person", personId: person.id }), after }]),
      ...(isLocked === person.isSignInLocked ? [] : [{ member: lock, after: isLocked ? true : null }]),
    ];
  }, [
    email,
    name,
    publisherId,
    state,
    person.role,
    person.isSignInLocked,
    person.id,
    role,
    isDisabled,
    isLocked,
    isGiven,
  ]);
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
      form={{ changes, firstIssue: null, fields: [] }}
      onClose={onClose}
      extra={<SignIn person={person} isSetUp={isSetUp} mayManage={mayManage} />}
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
          <Field
            label="Role"
            htmlFor={`${id}-role`}
            hint={
              isRaised &&
              "A password that came by a link alone ends with it: you are then shown a link, and whoever approves a code."
            }
          >
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
          {isSetUp && (state !== "invited" || person.signIn !== null) && (
            <CheckboxLine checked={isGiven} onChange={({ target }) => setGiven(target.checked)}>
              {person.signIn === null
                ? "Allow one reset of the sign-in: takes two people"
                : "Give a new sign-in: you are shown the link, whoever approves is shown the code"}
            </CheckboxLine>
          )}
        </>
      )}
      <CheckboxLine checked={isLocked} onChange={({ target }) => setLocked(target.checked)}>
        Sign-in locked: sessions and links end at once, and unlocking takes two people
      </CheckboxLine>
    </DecisionSheet>
  );
}

type SignInProps = Pick<PersonSheetProps, "person" | "isSetUp"> & { mayManage: boolean };

/** How the person comes to a password: by the halves that two people are shown, or by a link alone. */
function SignIn({ person, isSetUp, mayManage }: SignInProps) {
  const client = useQueryClient();
  const link = useMutation({ mutationFn: () => showPersonLink(client, person.id) });
  const { signIn, state } = person;
  const makesLink = mayManage && (signIn === null || !isSetUp);
  return (
    <div className="grid gap-2">
      <p className="text-muted">{signInWords(person, isSetUp)}</p>
      {signIn !== null && signIn.handover !== null && isSetUp && <Halves person={person} handover={signIn.handover} />}
      {link.data && (
        <ShownOnce to={person.name} link={link.data.link} code={link.data.code} expiresAt={link.data.expiresAt}>
          {link.data.code !== null && <ShownBoth />}
        </ShownOnce>
      )}
      {makesLink && !link.data && (
        <span>
          <Button
            size="small"
            why={person.linkBlockedBy}
            busy={link.isPending && "Making…"}
            onClick={() => link.mutate()}
          >
            {state === "invited" ? "Make the invitation again" : "Make a reset link"}
          </Button>
        </span>
      )}
      {link.error && (
        <p role="alert">
          <Refusal error={link.error} />
        </p>
      )}
    </div>
  );
}
