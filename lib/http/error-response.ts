import { helpOf, helpOfDetail } from "@/lib/contracts/help";
import { AppError, ERROR_STATUS, type ErrorDetail, isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { rememberBody } from "./known-body";

const UNKNOWN = new AppError("internal", "Something went wrong on our side.");

/** The error that is shown: an `AppError` as it is, everything else as constant text (spec §7). */
export function toAppError(error: unknown): AppError {
  return isAppError(error) ? error : UNKNOWN;
}

/** A detail as every refusal explains itself (spec 5.55, 7.4); `at` is its path, null of the whole. */
const explained = ({ path, code, message, seen = null, wanted = null }: ErrorDetail) => ({
  ...{ path, code, message, seen, wanted },
  at: path === "" ? null : path,
  help: Object.hasOwn(ERROR_STATUS, code) ? helpOf(code) : helpOfDetail(code),
});

/**
 * `{ requestId, error: { code, message, help, details? } }` with the code's status. What only the log may know, the cause and
 * everything about an unknown error, is written there under the same request id.
 */
export function errorResponse(error: unknown, requestId: string, logger: Logger): Response {
  const shown = toAppError(error);
  const status = ERROR_STATUS[shown.code];
  if (status >= 500 && !shown.isOverload) logger("error", "request_failed", { requestId, code: shown.code, error });
  const headers = new Headers({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-request-id": requestId,
  });
  if (shown.retryAfterSeconds !== undefined) headers.set("retry-after", String(Math.ceil(shown.retryAfterSeconds)));
  if (status === 401) headers.set("www-authenticate", `Bearer error="${shown.code}"`);
  const body = {
    requestId,
    error: {
      code: shown.code,
      message: shown.message,
      help: helpOf(shown.code),
      ...(shown.details.length > 0 ? { details: shown.details.map(explained) } : {}),
      ...shown.extra,
    },
  };
  const text = JSON.stringify(body);
  return rememberBody(new Response(text, { status, headers }), text);
}
