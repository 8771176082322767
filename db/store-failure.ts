import { DrizzleQueryError } from "drizzle-orm";
import { AppError, isAppError } from "@/lib/platform/errors";

/**
 * What says "not now" and not "this statement is wrong": SQLSTATEs, and codes of the driver and the operating system. The
 * answer says what whoever asked can know of it; the reason is for the log.
 */
const NOT_NOW = {
  outcome_unknown: {
    codes: /^OUTCOME_UNKNOWN$/,
    says: "The store was lost while it was writing. Look whether the change was made before you try again.",
    retryAfterSeconds: 5,
  },
  busy: {
    // Deadlocks, lost races and locks that others keep: the same work may succeed at its next try.
    codes: /^(40001|40P01|55P03)$/,
    says: "The store is busy. Try again.",
    retryAfterSeconds: 1,
  },
  took_too_long: {
    codes: /^(57014|25P03|25P04)$/,
    says: "The store is busy. Try again.",
    retryAfterSeconds: 2,
  },
  read_only: { codes: /^25006$/, says: "The store takes no changes at the moment.", retryAfterSeconds: 5 },
  stopping_or_starting: {
    codes: /^(57P01|57P02|57P03|57P05)$/,
    says: "The store cannot be reached.",
    retryAfterSeconds: 5,
  },
  full: { codes: /^53...$/, says: "The store is full.", retryAfterSeconds: 10 },
  disk_fault: { codes: /^58...$/, says: "The store cannot be used.", retryAfterSeconds: 10 },
  unreachable: {
    codes:
      /^(08...|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|ENOENT|EAI_AGAIN|CONNECT\w*_\w+|ANSWER_TIMEOUT)$/,
    says: "The store cannot be reached.",
    retryAfterSeconds: 5,
  },
} as const satisfies Record<string, { codes: RegExp; says: string; retryAfterSeconds: number }>;

export type NotNow = keyof typeof NOT_NOW;

function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== null && link !== undefined && links.length < 10; ) {
    links.push(link);
    link = typeof link === "object" ? (link as { cause?: unknown }).cause : undefined;
  }
  return links;
}

/** The codes that an error and its causes have, SQLSTATEs among them. */
export const codesIn = (error: unknown): string[] =>
  chain(error).map((link) => String((link as { code?: unknown }).code ?? ""));

/** Drizzle's message holds every parameter, password hashes and bundles among them; the statement alone is enough. */
function withoutParameters(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  return new Error(`A statement failed: ${error.query.slice(0, 500)}`, { cause: error.cause });
}

/**
 * What a failed use of the store is for its caller. An `AppError` anywhere in the chain of causes comes out as it is
 * (drizzle wraps what its driver throws); a database that cannot be used now is `unavailable`, to be tried again; the rest
 * stays what it is, without the values that were sent.
 */
export function storeFailure(raised: unknown): unknown {
  const error = withoutParameters(raised);
  const links = chain(error);
  const own = links.find(isAppError);
  if (own !== undefined) return own;
  const codes = codesIn(error);
  for (const [reason, { codes: known, says, retryAfterSeconds }] of Object.entries(NOT_NOW)) {
    const code = codes.find((each) => known.test(each));
    if (code === undefined) continue;
    const cause = new Error(`${reason} (${code})`, { cause: error });
    return new AppError("unavailable", says, { cause, retryAfterSeconds });
  }
  return error;
}
