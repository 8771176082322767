"use client";

import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { ErrorState } from "@/components/blocks/error-state";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";

type ErrorPageProps = { error: Error & { digest?: string }; reset(): void };

/** A page that could not be made, inside the frame: the rooms stay within reach. */
export default function ErrorPage({ error, reset }: ErrorPageProps) {
  const router = useRouter();
  return (
    <PageMain>
      <h1 className="mb-4 text-page">This page could not be made</h1>
      <Panel>
        <ErrorState
          what="The server could not make it."
          unaffected="Devices and publishing are unaffected."
          error={{ requestId: error.digest ?? null }}
          onRetry={() =>
            // What the server made is asked for again, and drawn in place of this.
            startTransition(() => {
              router.refresh();
              reset();
            })
          }
        />
      </Panel>
    </PageMain>
  );
}
