"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { useToast } from "@/components/ui/toast";
import { readKeyText, writeKeyText } from "@/lib/domain/texts/key-text";
import { sayTextIssue } from "@/lib/domain/texts/text-issues";
import { formProblems } from "@/lib/http/console-client";
import { proposePublisherKey } from "@/lib/queries/publishers";

export function ProposeKeyForm({ publisherId }: { publisherId: string }) {
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  // Kept nowhere: what is pasted may be the private half.
  const [pem, setPem] = useState("");
  const propose = useMutation({
    mutationFn: () => proposePublisherKey(client, publisherId, writeKeyText(values[0] ?? {})["/jwk"] ?? ""),
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
  const problems = formProblems(propose.error, ["publicKeyPem"]);
  // Read here first: a private key goes no further than this page.
  const { values, issues } = readKeyText({ "/jwk": pem });
  const [issue] = issues;
  const problem = pem.trim() !== "" && issue !== undefined ? sayTextIssue(issue) : undefined;
  const why = issue === undefined ? null : sayTextIssue(issue);
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (why === null && !propose.isPending) propose.mutate();
      }}
    >
      <Field
        label="Public key, PEM"
        htmlFor="public-key"
        hint="P-256, as npx bulkhead keygen writes it. The private half stays with the publisher. Whoever proposes it does not approve for this publisher."
        problem={problem ?? problems.at.publicKeyPem}
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
      {problems.rest !== null && <p role="alert">{problems.rest}</p>}
      <span>
        <Button type="submit" why={why} busy={propose.isPending && "Adding…"}>
          Add to draft
        </Button>
      </span>
    </form>
  );
}
