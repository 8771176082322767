"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "./error-state";
import { LoadingRows } from "./loading-rows";

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
  if (query.data !== undefined) return children(query.data);
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
