"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { formProblems } from "@/lib/http/console-client";
import { createPublisher } from "@/lib/queries/publishers";

export function CreatePublisherDialog({ onClose, onCreated }: { onClose(): void; onCreated(id: string): void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => createPublisher(client, name.trim()),
    onSuccess: ({ id }) => onCreated(id),
  });
  const problems = formProblems(create.error, ["name"]);
  const why = name.trim() === "" ? "Write the publisher's name." : null;
  return (
    <Dialog isOpen onClose={onClose} title="Add publisher">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (why === null && !create.isPending) create.mutate();
        }}
      >
        <Field label="Name" htmlFor="publisher-name" problem={problems.at.name}>
          <Input
            id="publisher-name"
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
        {problems.rest !== null && <p role="alert">{problems.rest}</p>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" why={why} busy={create.isPending && "Adding…"}>
            Add publisher
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
