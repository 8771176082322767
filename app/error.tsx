"use client";

import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { ErrorState } from "@/components/blocks/error-state";
import { Panel } from "@/components/blocks/panel";

type ErrorPageProps = { error: Error & { digest?: string }; reset(): void };

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  const router = useRouter();
  return (
    <main id="main" className="w-full max-w-160 self-start p-6">
      <Panel>
        <ErrorState
          what="This page could not be made."
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
    </main>
  );
}
