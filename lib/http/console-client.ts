import type { z } from "zod";
import { errorBodySchema } from "@/lib/contracts/shared";
import type { RouteDescription } from "./route-description";

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

type InputShape<D extends RouteDescription, K extends "params" | "query" | "body"> = D["input"] extends {
  [Key in K]: infer S extends z.ZodType;
}
  ? S
  : never;
type OptionalIfEmpty<K extends string, T> = Record<string, never> extends T ? { [Key in K]?: T } : { [Key in K]: T };
type Params<S> = [S] extends [never] ? object : { params: Record<keyof z.output<S>, string | number> };
type Query<S> = [S] extends [never]
  ? object
  : { query?: { [Name in keyof z.output<S>]?: z.output<S>[Name] | null | undefined } };
type Body<S> = [S] extends [never] ? object : OptionalIfEmpty<"body", z.input<S>>;

/** What a route is called with: its parameters, what is asked of it, and its body, as the route's own shapes say. */
export type ConsoleCall<D extends RouteDescription> = D extends RouteDescription
  ? Params<InputShape<D, "params">> &
      Query<InputShape<D, "query">> &
      Body<InputShape<D, "body">> & { signal?: AbortSignal }
  : never;

/** The same with every member that a call may have, as it is sent. */
type AnyCall = {
  params?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
};

/**
 * Calls a route of the console and answers with what its output accepts. Raises `ConsoleError` with the code of the error
 * body (spec §7), `unreachable` where no answer came, `unreadable` for an answer of another shape.
 */
export async function callConsole<D extends RouteDescription & { output: z.ZodType }>(
  route: D,
  ...[call]: object extends ConsoleCall<D> ? [call?: ConsoleCall<D>] : [call: ConsoleCall<D>]
): Promise<z.output<D["output"]>> {
  const response = await send(route, call ?? {});
  const requestId = response.headers.get("x-request-id");
  const body: unknown = response.status === 204 ? {} : await response.json().catch(() => undefined);
  if (!response.ok) throw toConsoleError(response.status, body, requestId);
  const parsed = route.output.safeParse(body);
  if (!parsed.success) throw new ConsoleError("unreadable", "The answer could not be read.", requestId);
  // Safe: it was parsed by that very output.
  return parsed.data as z.output<D["output"]>;
}

/** The address of a route with its parameters in their places; what is not set is left out of the query. */
export function addressOf({ path }: RouteDescription, { params = {}, query = {} }: AnyCall): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}

async function send(route: RouteDescription, call: AnyCall): Promise<Response> {
  const takesBody = route.input?.body !== undefined;
  try {
    return await fetch(addressOf(route, call), {
      method: route.method,
      credentials: "same-origin",
      headers: { accept: "application/json", ...(takesBody ? { "content-type": "application/json" } : {}) },
      ...(takesBody ? { body: JSON.stringify(call.body ?? {}) } : {}),
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

/** What is wrong in a form, each where it belongs; `rest` is what belongs to no field, and is said above the buttons. */
type FormProblems<F extends string> = { at: Partial<Record<F, string>>; rest: string | null };

/**
 * Sorts a refusal by the fields of a form, whose names are the last part of a detail's path. What names none of them is said
 * all the same, so that nothing that the server said is unseen.
 */
export function formProblems<const F extends string>(error: unknown, fields: readonly F[]): FormProblems<F> {
  const at: Partial<Record<F, string>> = {};
  if (!(error instanceof Error)) return { at, rest: null };
  const details = isConsoleError(error) ? error.details : [];
  const others: string[] = [];
  for (const { path, message } of details) {
    const parts = path.split("/");
    const field = fields.findLast((name) => parts.includes(name));
    if (field === undefined) others.push(message);
    else at[field] = at[field] === undefined ? message : `${at[field]} ${message}`;
  }
  const isPlaced = details.length > 0 && others.length === 0;
  return { at, rest: isPlaced ? null : [...new Set([error.message, ...others])].join(" ") };
}
