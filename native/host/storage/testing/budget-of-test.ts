import type { StorageBudget } from "../../ports";
import { createStorageBudget, STORAGE_BUDGET_BYTES, type StorageBudgetOptions } from "../storage-budget";

const GIB = 1024 ** 3;

/** The shipped budget on a disk with room, with the clock standing still, unless a test says otherwise. */
export function budgetOfTest(root: string, changes: Partial<StorageBudgetOptions> = {}): StorageBudget {
  return createStorageBudget({
    root,
    budgetBytes: STORAGE_BUDGET_BYTES,
    programs: 1,
    freeSpace: async () => ({ bytes: 100 * GIB, files: null }),
    monotonicMs: () => 0,
    onRefused: () => undefined,
    onFailure(error) {
      throw error;
    },
    ...changes,
  });
}
