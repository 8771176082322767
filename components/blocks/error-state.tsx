"use client";

import { RefreshCw, TriangleAlert } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Identifier } from "./identifier";
import { Refusal } from "./refusal";

type ErrorStateProps = {
  /** "Denials could not be read." */
  what: string;
  /** What goes on regardless. */
  unaffected?: string;
  error: unknown;
  onRetry(): void;
};

/** What failed, what did not, the request id, and a way to try again. */
export function ErrorState({ what, unaffected, error, onRetry }: ErrorStateProps) {
  const requestId = requestIdOf(error);
  return (
    <div role="alert" className="flex flex-wrap items-start gap-3 p-4">
      <TriangleAlert size={16} className="mt-0.5 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 basis-60">
        <p>
          <strong>{what}</strong> <Refusal error={error} />
        </p>
        {unaffected !== undefined && <p className="text-muted">{unaffected}</p>}
        {requestId !== null && (
          <p className="text-muted">
            <Identifier text={requestId} label="request id" />
          </p>
        )}
      </div>
      <Button size="small" onClick={onRetry}>
        <RefreshCw size={14} aria-hidden />
        Read again
      </Button>
    </div>
  );
}

function requestIdOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("requestId" in error)) return null;
  return typeof error.requestId === "string" ? error.requestId : null;
}
