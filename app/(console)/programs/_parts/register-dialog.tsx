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
import { isConsoleError } from "@/lib/http/console-client";
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
  const details = isConsoleError(register.error) ? register.error.details : [];
  const problem = (path: string) => details.find((detail) => detail.path === path)?.message ?? null;
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
            if (isGood && name.trim() !== "" && publisherId !== null) register.mutate(publisherId);
          }}
        >
          <Field
            label="App id"
            htmlFor={`${id}-app`}
            hint="Lower-case reverse DNS: com.example.shop"
            problem={problem("/appId") ?? (appId !== "" && !isGood ? "Two labels or more, lower case." : null)}
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
          <Field label="Name" htmlFor={`${id}-name`} problem={problem("/name")}>
            <Input id={`${id}-name`} maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
          </Field>
          <PublisherChoice
            id={`${id}-publisher`}
            value={publisherId}
            onChange={setPublisherId}
            problem={problem("/publisherId")}
          />
          {register.error && details.length === 0 && <p role="alert">{register.error.message}</p>}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              tone="primary"
              disabled={!isGood || name.trim() === "" || publisherId === null || register.isPending}
            >
              Register program
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
