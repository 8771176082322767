import { z } from "zod";
import { errorBodySchema } from "@/lib/contracts/shared";

export type ConsoleErrorDetail = { path: string; code: string; message: string };

/** A refused or failed call of the console's API, as the page shows it. */
export class ConsoleError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly details: readonly ConsoleErrorDetail[] = [],
  ) {
    super(message);
    this.name = "ConsoleError";
  }
}

export type ConsoleCall = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  query?: Record<string, string | number | undefined | null>;
  body?: unknown;
  signal?: AbortSignal;
};

/**
 * Calls `/api/console/v1/{path}` and answers with what `output` accepts. Raises `ConsoleError` with the code of the
 * error body (spec §7), `unreachable` where no answer came, `unreadable` for an answer of another shape.
 */
export async function callConsole<S extends z.ZodType>(
  path: string,
  output: S,
  call: ConsoleCall = {},
): Promise<z.output<S>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const search = query.size === 0 ? "" : `?${query}`;
  const response = await send(`/api/console/v1/${path}${search}`, call);
  const requestId = response.headers.get("x-request-id");
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok) throw toConsoleError(response.status, body, requestId);
  const parsed = output.safeParse(body);
  if (!parsed.success) throw new ConsoleError("unreadable", "The answer could not be read.", requestId);
  return parsed.data;
}

/** For calls that answer with nothing. */
export const nothingSchema = z.unknown().transform(() => null);

async function send(url: string, call: ConsoleCall): Promise<Response> {
  try {
    return await fetch(url, {
      method: call.method ?? "GET",
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ConsoleError("unreachable", "The console's server did not answer.", null);
  }
}

function toConsoleError(status: number, body: unknown, requestId: string | null): ConsoleError {
  const parsed = errorBodySchema.safeParse(body);
  if (!parsed.success) return new ConsoleError("unreadable", `The server answered ${status}.`, requestId);
  const { error } = parsed.data;
  return new ConsoleError(error.code, error.message, parsed.data.requestId, error.details ?? []);
}

export function isConsoleError(error: unknown): error is ConsoleError {
  return error instanceof ConsoleError;
}
