"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { createPublisher } from "@/lib/queries/publishers";

export function CreatePublisherDialog({ onClose, onCreated }: { onClose(): void; onCreated(id: string): void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => createPublisher(client, name.trim()),
    onSuccess: ({ id }) => onCreated(id),
  });
  return (
    <Dialog isOpen onClose={onClose} title="Add publisher">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") create.mutate();
        }}
      >
        <Field label="Name" htmlFor="publisher-name" problem={create.error?.message}>
          <Input
            id="publisher-name"
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={name.trim() === "" || create.isPending}>
            Add publisher
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
