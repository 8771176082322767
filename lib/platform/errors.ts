/** The closed vocabulary of errors that leave a service, with the HTTP status of each. */
export const ERROR_STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  token_expired: 401,
  device_revoked: 401,
  clock_skew: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  unsupported_version: 426,
  limit_exceeded: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_STATUS;
/** What a check saw, or would have let pass; null: there is nothing. */
export type ToldValue = string | number | boolean | null | readonly (string | number)[];
/** One thing that was refused; `seen` and `wanted` where whoever refused it knows them. */
export type ErrorDetail = { path: string; code: string; message: string; seen?: ToldValue; wanted?: ToldValue };

const BRAND = Symbol.for("bulkhead.app-error");

/**
 * The one error that services raise on purpose. `message` is safe to show; `cause` is only ever logged.
 * Recognise it with `isAppError`: Next bundles its own copies of `lib/`, so `instanceof` does not hold across them.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  /** Extra members of the error's body, for example the server's time with `clock_skew`. */
  readonly extra: Readonly<Record<string, string | number>>;
  readonly retryAfterSeconds: number | undefined;
  /** Whoever asked was sent away because of the load: counted and told there, and no failure of its own. */
  readonly isOverload: boolean;
  readonly [BRAND] = true;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      details?: readonly ErrorDetail[];
      cause?: unknown;
      retryAfterSeconds?: number;
      extra?: Readonly<Record<string, string | number>>;
      isOverload?: boolean;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.details = options.details ?? [];
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.isOverload = options.isOverload ?? false;
  }
}

export function isAppError(value: unknown): value is AppError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/** Throws `internal` when a state that must not exist exists; the text goes to the log alone. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new AppError("internal", "Something went wrong on our side.", { cause: new Error(text) });
}
