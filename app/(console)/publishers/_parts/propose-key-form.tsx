"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { useToast } from "@/components/ui/toast";
import { proposePublisherKey } from "@/lib/queries/publishers";

export function ProposeKeyForm({ publisherId }: { publisherId: string }) {
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const [pem, setPem] = useState("");
  const propose = useMutation({
    mutationFn: () => proposePublisherKey(client, publisherId, pem.trim()),
    onSuccess: ({ draft }) => {
      setPem("");
      if (draft === null) return;
      toast({
        text: `Added to change set ${draft.number}.`,
        mark: "draft",
        action: { label: "Review", run: () => router.push(`/policy/${draft.id}`) },
      });
    },
  });
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (pem.trim() !== "") propose.mutate();
      }}
    >
      <Field
        label="Public key, PEM"
        htmlFor="public-key"
        hint="P-256, as npx bulkhead keygen writes it. The private half stays with the publisher. Whoever proposes it does not approve for this publisher."
        problem={propose.error?.message}
      >
        <Textarea
          id="public-key"
          isMono
          rows={4}
          spellCheck={false}
          maxLength={2000}
          placeholder="-----BEGIN PUBLIC KEY-----"
          value={pem}
          onChange={({ target }) => setPem(target.value)}
        />
      </Field>
      <span>
        <Button type="submit" disabled={pem.trim() === "" || propose.isPending}>
          Add to draft
        </Button>
      </span>
    </form>
  );
}
