"use client";

import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { ErrorState } from "@/components/blocks/error-state";

export type PageErrorProps = { error: Error & { digest?: string }; reset(): void };

/** A page that could not be made: what goes on regardless, the number of the failure, and a way to ask again. */
export function PageError({ error, reset }: PageErrorProps) {
  const router = useRouter();
  return (
    <>
      <h1 className="mb-4 text-page">This page could not be made</h1>
      <section className="rounded-panel border border-line bg-surface">
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
      </section>
    </>
  );
}
