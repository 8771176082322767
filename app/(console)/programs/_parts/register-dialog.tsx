"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { PublisherChoice } from "@/components/features/publishers/publisher-choice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { TextLink } from "@/components/ui/text-link";
import { appIdSchema } from "@/lib/contracts/shared";
import { formProblems } from "@/lib/http/console-client";
import { registerProgram } from "@/lib/queries/programs";
import { publisherListQuery } from "@/lib/queries/publishers";

type RegisterDialogProps = { onClose(): void; onRegistered(appId: string): void };

/** Says whose an app id is; only that publisher may then submit versions of it. */
export function RegisterDialog({ onClose, onRegistered }: RegisterDialogProps) {
  const id = useId();
  const client = useQueryClient();
  const publishers = useQuery(publisherListQuery({}));
  const [appId, setAppId] = useState("");
  const [name, setName] = useState("");
  const [publisherId, setPublisherId] = useState<string | null>(null);
  const register = useMutation({
    mutationFn: (owner: string) => registerProgram(client, { appId, name: name.trim(), publisherId: owner }),
    onSuccess: () => onRegistered(appId),
  });
  const isGood = appIdSchema.safeParse(appId).success;
  const problems = formProblems(register.error, ["appId", "name", "publisherId"]);
  const why = !isGood
    ? "Write the app id."
    : name.trim() === ""
      ? "Write the name that people see."
      : publisherId === null
        ? "Choose whose it is."
        : null;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Register program"
      description="An app id belongs to one publisher for good."
    >
      {publishers.data?.total === 0 ? (
        <p>
          There is no publisher yet. <TextLink href="/publishers">Add one first.</TextLink>
        </p>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (why === null && publisherId !== null && !register.isPending) register.mutate(publisherId);
          }}
        >
          <Field
            label="App id"
            htmlFor={`${id}-app`}
            hint="Lower-case reverse DNS: com.example.shop"
            problem={problems.at.appId ?? (appId !== "" && !isGood ? "Two labels or more, lower case." : null)}
          >
            <Input
              id={`${id}-app`}
              isMono
              autoComplete="off"
              spellCheck={false}
              value={appId}
              onChange={({ target }) => setAppId(target.value.trim())}
            />
          </Field>
          <Field label="Name" htmlFor={`${id}-name`} problem={problems.at.name}>
            <Input id={`${id}-name`} maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
          </Field>
          <PublisherChoice
            id={`${id}-publisher`}
            value={publisherId}
            onChange={setPublisherId}
            problem={problems.at.publisherId}
          />
          {problems.rest !== null && <p role="alert">{problems.rest}</p>}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" tone="primary" why={why} busy={register.isPending && "Registering…"}>
              Register program
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
