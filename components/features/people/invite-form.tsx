"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useKept } from "@/components/blocks/use-kept";
import { PublisherChoice } from "@/components/features/publishers/publisher-choice";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Mark } from "@/components/ui/mark";
import { Select } from "@/components/ui/select";
import { TextLink } from "@/components/ui/text-link";
import { ROLES, type Role } from "@/lib/domain/roles";
import { formProblems } from "@/lib/http/console-client";
import { invitePerson } from "@/lib/queries/people";
import { ROLE_WORDS } from "./role-words";
import { ShownBoth, ShownOnce } from "./shown-once";

/**
 * Invites a person. The link is shown once, here, in set-up with the code; where two people are needed, a change set waits
 * instead.
 */
export function InviteForm() {
  const id = useId();
  const client = useQueryClient();
  const [email, setEmail, forgetEmail] = useKept("email");
  const [name, setName, forgetName] = useKept("name");
  const [role, setRole] = useState<Role>("operator");
  const [publisherId, setPublisherId] = useState<string | null>(null);
  const owner = role === "developer" ? publisherId : null;
  const invite = useMutation({
    mutationFn: (called: string) =>
      invitePerson(client, { email: email.trim(), name: called, role, publisherId: owner }),
    onSuccess: () => {
      forgetEmail();
      forgetName();
    },
  });
  const problems = formProblems(invite.error, ["name", "email", "role", "publisherId"]);
  const why =
    name.trim() === ""
      ? "Whom? Write the name."
      : !/^[^\s@]+@[^\s@]+$/.test(email.trim())
        ? "Write the e-mail address."
        : role === "developer" && owner === null
          ? "A developer belongs to a publisher: choose one."
          : null;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (why === null && !invite.isPending) invite.mutate(name.trim());
      }}
    >
      <div className="grid items-start gap-2 phone:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_144px]">
        <Field label="Name" htmlFor={`${id}-name`} problem={problems.at.name}>
          <Input
            id={`${id}-name`}
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(e) => setName(e.target.value)}
          />
        </Field>
        <Field label="E-mail" htmlFor={`${id}-email`} problem={problems.at.email}>
          <Input
            id={`${id}-email`}
            type="email"
            maxLength={254}
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label="Role" htmlFor={`${id}-role`} hint={ROLE_WORDS[role]} problem={problems.at.role}>
          <Select
            id={`${id}-role`}
            value={role}
            onChange={(event) => setRole(ROLES.find((name_) => name_ === event.target.value) ?? role)}
          >
            {ROLES.map((name_) => (
              <option key={name_} value={name_}>
                {name_}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      {role === "developer" && (
        <PublisherChoice
          id={`${id}-publisher`}
          value={publisherId}
          onChange={setPublisherId}
          problem={problems.at.publisherId}
        />
      )}
      {problems.rest !== null && <p role="alert">{problems.rest}</p>}
      {invite.data?.link && (
        <ShownOnce
          to={invite.variables}
          link={invite.data.link}
          code={invite.data.code}
          expiresAt={invite.data.expiresAt}
        >
          {invite.data.code !== null && <ShownBoth />}
        </ShownOnce>
      )}
      {invite.data && invite.data.link === null && invite.data.changeSetId !== null && (
        <Callout icon={<Mark name="waiting" />} tone="waiting">
          A role that proposes or approves takes two people.{" "}
          <TextLink href={`/policy/${invite.data.changeSetId}`}>The proposal waits for another's approval.</TextLink>{" "}
          After it you are shown a link, and whoever approved is shown the code that goes with it.
        </Callout>
      )}
      <span>
        <Button type="submit" tone="primary" why={why} busy={invite.isPending && "Inviting…"}>
          Invite person
        </Button>
      </span>
    </form>
  );
}
