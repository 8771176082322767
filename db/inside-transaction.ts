import { invariant } from "@/lib/platform/errors";

/**
 * What a transaction's statements go through, on every connection: none is asked after its end, and once one has failed,
 * those asked after it fail by what that one failed of. The database would say of them that the transaction is aborted,
 * and of statements that were asked at once anybody may be heard first.
 */
export function insideTransaction<A extends unknown[], R>(
  query: (...asked: A) => Promise<R>,
): { query(...asked: A): Promise<R>; end(): void } {
  let isOpen = true;
  let failure: { error: unknown } | null = null;
  return {
    async query(...asked) {
      invariant(isOpen, "a transaction was used after its end");
      try {
        return await query(...asked);
      } catch (error) {
        failure ??= { error };
        throw failure.error;
      }
    },
    end() {
      isOpen = false;
    },
  };
}
