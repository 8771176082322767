"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Identifier } from "@/components/blocks/identifier";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { Mark } from "@/components/ui/mark";
import type { PublisherView } from "@/lib/contracts/publishers";
import { createPublisherToken, revokePublisherToken } from "@/lib/queries/publishers";
import { useMay } from "@/lib/queries/use-may";
import { Maker } from "./maker";

/** Bearer tokens of the publisher's tools. A new one is shown this one time. */
export function TokenList({ publisher }: { publisher: PublisherView }) {
  const client = useQueryClient();
  const may = useMay();
  const create = useMutation({ mutationFn: () => createPublisherToken(client, publisher.id) });
  const revoke = useMutation({ mutationFn: (tokenId: string) => revokePublisherToken(client, publisher.id, tokenId) });
  const failure = create.error ?? revoke.error;
  return (
    <div className="grid gap-3">
      {publisher.tokens.length === 0 && <p className="text-muted">None. A token lets its tools submit versions.</p>}
      <ul className="grid gap-1">
        {publisher.tokens.map(({ id, createdBy, expiresAt }) => (
          <li key={id} className="flex min-h-7 flex-wrap items-center gap-x-2">
            <Identifier text={id} label="token id" />
            <Maker of={createdBy} />
            <span className="ml-auto flex items-center gap-2 whitespace-nowrap text-muted">
              <span>
                expires <RelativeTime at={expiresAt} />
              </span>
              {may.call("revokePublisherToken") && (
                <Button
                  tone="danger"
                  size="small"
                  busy={revoke.isPending && revoke.variables === id && "Revoking…"}
                  onClick={() => revoke.mutate(id)}
                >
                  Revoke token
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {create.data && (
        <Callout icon={<Mark name="yes" />}>
          <p className="font-medium">Shown this one time</p>
          <p className="flex items-center gap-1">
            <code className="wrap-anywhere">{create.data.token}</code>
            <CopyButton text={create.data.token} label="token" />
          </p>
        </Callout>
      )}
      {failure && <p role="alert">{failure.message}</p>}
      {may.call("createPublisherToken") && (
        <>
          <p className="text-muted">
            Whoever makes a token does not approve for this publisher while it is good, or a version that came by it
            waits or is listed.
          </p>
          <span>
            <Button busy={create.isPending && "Making…"} onClick={() => create.mutate()}>
              Make a token
            </Button>
          </span>
        </>
      )}
    </div>
  );
}
