"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { State } from "@/components/ui/state";
import { formatTimeWithSeconds } from "@/lib/format/instant";
import { ErrorState } from "./error-state";
import { LoadingRows } from "./loading-rows";
import { Refusal } from "./refusal";

type QueryViewProps<T> = {
  query: UseQueryResult<T>;
  /** "Programs": begins the sentence of an error. */
  name: string;
  unaffected?: string;
  loading?: ReactNode;
  children(data: T): ReactNode;
};

/** One of the states of a read: still loading, failed, there. An old answer stays while a new one is read. */
export function QueryView<T>({ query, name, unaffected, loading, children }: QueryViewProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isRefetchError && !isUnreachable(query.error) && <StaleLine query={query} name={name} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    return (
      <ErrorState
        what={`${name} could not be read.`}
        {...(unaffected === undefined ? {} : { unaffected })}
        error={query.error}
        onRetry={() => void query.refetch()}
      />
    );
  }
  return loading ?? <LoadingRows />;
}

/** The frame says for the whole page that nobody answers. */
const isUnreachable = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "unreachable";

/** What is on the page is older than it looks: reading it again failed. */
function StaleLine({ query, name }: Pick<QueryViewProps<unknown>, "query" | "name">) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
      <State mark="waiting">
        {name} of {formatTimeWithSeconds(query.dataUpdatedAt)}.
      </State>
      <span className="min-w-0 flex-1 text-muted">
        Reading it again failed: <Refusal error={query.error} />
      </span>
      <Button size="small" busy={query.isFetching && "Reading…"} onClick={() => void query.refetch()}>
        <RefreshCw size={14} aria-hidden />
        Read again
      </Button>
    </div>
  );
}
