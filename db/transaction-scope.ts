import { AsyncLocalStorage } from "node:async_hooks";
import { invariant } from "@/lib/platform/errors";

export type TransactionScope = {
  /** Runs `fn` as the inside of a transaction. Raises `internal` when one is running already. */
  run<T>(fn: () => Promise<T>): Promise<T>;
  /** Raises `internal` inside a transaction: on PGlite such a read would wait for itself for ever. */
  refuseInside(): void;
};

/** Knows whether the caller stands inside a transaction of this store. */
export function createTransactionScope(): TransactionScope {
  const inside = new AsyncLocalStorage<{ isOpen: boolean }>();
  let open = 0;
  const refuseInside = () =>
    invariant(inside.getStore()?.isOpen !== true, "the store was used inside a transaction; use tx.db there");
  return {
    refuseInside,
    async run(fn) {
      refuseInside();
      const scope = { isOpen: true };
      open += 1;
      try {
        // Awaited in there: a query of drizzle's begins only when somebody waits for it.
        return await inside.run(scope, async () => await fn());
      } finally {
        // What was started inside and outlives the transaction stands outside from here on.
        scope.isOpen = false;
        open -= 1;
        // While it is enabled every promise of the thread is followed: nobody has to be found inside where nothing is open.
        if (open === 0) inside.disable();
      }
    },
  };
}
