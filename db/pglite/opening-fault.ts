import { isAppError } from "@/lib/platform/errors";
import { ForeignRecord } from "../journal/replay-journal";
import { MigrationFailure } from "../migrate";
import { RowTooLarge } from "../row-too-large";
import { type StoreFaultCode, storeFault, wordsOf } from "../store-fault";

/** A fault that is found while a store is brought to agreement; whoever opens it puts it back and says so. */
export class OpeningFault extends Error {
  constructor(
    readonly fault: StoreFaultCode,
    cause: unknown,
    subject?: string,
  ) {
    super(subject === undefined ? wordsOf(cause) : `${subject}: ${wordsOf(cause)}`, { cause });
  }
}

/** The refusal that an error at opening is. What is none of a store's faults stays what it is. */
export function refusalOf(error: unknown, where: { dataDir: string; isUnchanged: boolean }): unknown {
  const fault = faultOf(error);
  if (fault === null) return error;
  return storeFault(fault, { ...where, found: wordsOf(error), cause: error });
}

function faultOf(error: unknown): StoreFaultCode | null {
  if (isAppError(error)) return null;
  for (let link = error; link instanceof Error; link = link.cause) {
    const { code } = link as { code?: unknown };
    if (code === "ENOSPC" || code === "EDQUOT" || code === "53100") return "disk-full";
  }
  if (error instanceof RowTooLarge) return "row-too-large";
  if (error instanceof OpeningFault) return error.fault;
  if (error instanceof MigrationFailure) return "migration-failed";
  if (error instanceof ForeignRecord) return "journal-foreign";
  // What the database says of itself, and its end: a program of WebAssembly that stops does not go on.
  if (error instanceof Error && ("severity" in error || error instanceof WebAssembly.RuntimeError)) {
    return "database-unreadable";
  }
  return null;
}
