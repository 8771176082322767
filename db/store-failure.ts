import { DrizzleQueryError } from "drizzle-orm";
import { AppError, isAppError } from "@/lib/platform/errors";

/** SQLSTATE classes and driver codes that say "the database cannot be used now", not "this statement is wrong". */
const UNREACHABLE =
  /^(08...|53...|57P0[123]|55P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|ENOENT|EAI_AGAIN|CONNECTION_\w+|CONNECT_TIMEOUT)$/;
/** Deadlocks and lost races: the same transaction may succeed when it is tried again. */
const TRY_AGAIN = /^(40001|40P01)$/;

function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== null && link !== undefined && links.length < 10; ) {
    links.push(link);
    link = typeof link === "object" ? (link as { cause?: unknown }).cause : undefined;
  }
  return links;
}

/** Drizzle's message holds every parameter, password hashes and bundles among them; the statement alone is enough. */
function withoutParameters(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  return new Error(`A statement failed: ${error.query.slice(0, 500)}`, { cause: error.cause });
}

/**
 * What a failed use of the store is for its caller. An `AppError` anywhere in the chain of causes comes out as it is
 * (drizzle wraps what its driver throws); a database that cannot be reached is `unavailable`; the rest stays what it is,
 * without the values that were sent.
 */
export function storeFailure(raised: unknown): unknown {
  const error = withoutParameters(raised);
  const links = chain(error);
  const own = links.find(isAppError);
  if (own !== undefined) return own;
  const codes = links.map((link) => String((link as { code?: unknown }).code ?? ""));
  if (codes.some((code) => TRY_AGAIN.test(code))) {
    return new AppError("unavailable", "The store is busy. Try again.", { cause: error, retryAfterSeconds: 1 });
  }
  if (codes.some((code) => UNREACHABLE.test(code))) {
    return new AppError("unavailable", "The store cannot be reached.", { cause: error, retryAfterSeconds: 5 });
  }
  return error;
}
