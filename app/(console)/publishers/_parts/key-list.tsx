"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Identifier } from "@/components/blocks/identifier";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { State } from "@/components/ui/state";
import { TextLink } from "@/components/ui/text-link";
import { useToast } from "@/components/ui/toast";
import type { PublisherView } from "@/lib/contracts/publishers";
import { plural } from "@/lib/format/count";
import { cutMiddle } from "@/lib/format/identifier";
import { narrowNow, previewQuery } from "@/lib/queries/change-sets";
import { useMay } from "@/lib/queries/use-may";
import { Maker } from "./maker";

type Key = PublisherView["keys"][number];

/** Keys with what they are worth; revoking one cannot be undone by signing again, so its id is typed. */
export function KeyList({ publisher }: { publisher: PublisherView }) {
  const mayRevoke = useMay().narrow("publisher-key");
  const [revoking, setRevoking] = useState<Key | null>(null);
  if (publisher.keys.length === 0) {
    return (
      <p className="text-muted">
        None. Without an active key no bundle of this publisher is accepted. <code>npx bulkhead keygen</code> makes a
        pair.
      </p>
    );
  }
  return (
    <>
      <ul className="grid gap-1">
        {publisher.keys.map((key) => (
          <li key={key.kid} className="flex min-h-7 flex-wrap items-center gap-x-2">
            <State mark={key.status === "active" ? "live" : "suspended"}>
              {key.status === "active" ? "Active" : "Revoked"}
            </State>
            <Identifier text={key.kid} label="key id" />
            <Maker of={key.createdBy} />
            <span className="ml-auto flex items-center gap-2 text-muted">
              <span>
                made <RelativeTime at={key.createdAt} />
              </span>
              {mayRevoke && key.status === "active" && (
                <Button tone="danger" size="small" onClick={() => setRevoking(key)}>
                  Revoke…
                </Button>
              )}
            </span>
            <SeenWhere signed={key} />
          </li>
        ))}
      </ul>
      {revoking !== null && <RevokeDialog revoked={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

/** What a key signed, so that whoever revokes it knows what stops. */
function SeenWhere({ signed: { signedCount, signedLast } }: { signed: Key }) {
  if (signedLast === null) return <span className="w-full text-hint text-muted">Signed no version yet.</span>;
  const { appId, programName, versionCode, at } = signedLast;
  return (
    <span className="w-full text-hint text-muted">
      Signed {plural(signedCount, "version")}, last{" "}
      <TextLink href={`/programs/${appId}/versions`}>
        <bdi>{programName}</bdi> v{versionCode}
      </TextLink>{" "}
      <RelativeTime at={at} />
    </span>
  );
}

function RevokeDialog({ revoked, onClose }: { revoked: Key; onClose(): void }) {
  const client = useQueryClient();
  const toast = useToast();
  const revoke = useMutation({
    mutationFn: async (reason: string) => {
      // The change names the key's whole value; the published one is asked for, so that only its status changes.
      const { changes } = await client.fetchQuery(previewQuery([{ member: revoked.member, after: null }]));
      const before = changes[0]?.before;
      const value = typeof before === "object" && before !== null ? { ...before, status: "revoked" } : null;
      return narrowNow(client, [{ member: revoked.member, after: value }], reason);
    },
    onSuccess: () => {
      toast({ text: `Key ${cutMiddle(revoked.kid)} is revoked.`, mark: "suspended" });
      onClose();
    },
  });
  return (
    <Confirm
      isOpen
      isDanger
      needsReason
      title={
        <>
          Revoke publisher key <code>{cutMiddle(revoked.kid)}</code>?
        </>
      }
      verb="Revoke key"
      doing="Revoking…"
      typedName={revoked.kid.slice(0, 8)}
      isBusy={revoke.isPending}
      problem={revoke.error && <Refusal error={revoke.error} />}
      onConfirm={(reason) => revoke.mutate(reason)}
      onClose={onClose}
    >
      Versions signed by it stop with <code>KEY_REVOKED</code>. Takes one person; a new key takes two.
    </Confirm>
  );
}
