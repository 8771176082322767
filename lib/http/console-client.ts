import type { z } from "zod";
import { pathOf, type RouteAddress, type RouteAt } from "./route-address";
import type { RouteDescription } from "./route-description";

export type ConsoleErrorDetail = { path: string; code: string; message: string };

/** A refused or failed call of the console's API, as the page shows it. */
export class ConsoleError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly details: readonly ConsoleErrorDetail[] = [],
    /** Where the code is explained; null where no door of ours answered. */
    readonly help: string | null = null,
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

type Answer<D extends RouteDescription> = D extends { output: infer S extends z.ZodType } ? z.output<S> : never;

/** What a list is asked for by, as its route's own shape says. */
export type ConsoleQuery<A extends RouteAddress> = z.input<InputShape<RouteAt<A>, "query">>;

/**
 * Calls a route of the console and answers with what it answered. Raises `ConsoleError` with the code of the error body
 * (spec §7), `unreachable` where no answer came, `unreadable` for an answer that is no JSON object. That an answer has its
 * route's shape is the server's to hold: a browser that judged it too would load every shape with every page.
 */
export async function callConsole<A extends RouteAddress<RouteDescription & { output: z.ZodType }>>(
  address: A,
  ...[call]: object extends ConsoleCall<RouteAt<A>> ? [call?: ConsoleCall<RouteAt<A>>] : [call: ConsoleCall<RouteAt<A>>]
): Promise<Answer<RouteAt<A>>> {
  const response = await send(address, call ?? {});
  const requestId = response.headers.get("x-request-id");
  const body: unknown = response.status === 204 ? {} : await response.json().catch(() => undefined);
  if (!response.ok) throw toConsoleError(response.status, body, requestId);
  if (!isObject(body)) throw new ConsoleError("unreadable", "The answer could not be read.", requestId);
  // Safe: the route answers with its output, which transforms nothing.
  return body as Answer<RouteAt<A>>;
}

/** The address of a call with its parameters in their places; what is not set is left out of the query. */
export function addressOf(address: RouteAddress, { params = {}, query = {} }: AnyCall): string {
  const path = pathOf(address);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}

async function send(address: RouteAddress, call: AnyCall): Promise<Response> {
  const [method] = address.split(" ", 1);
  const takesBody = method !== "GET" && method !== "DELETE";
  try {
    return await fetch(addressOf(address, call), {
      method: method ?? "GET",
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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of a page of ours, whoever answered. */
const HELP = /^errors\/\w+$/;

/** What stands between the browser and the server may answer too, with whatever it likes. */
function toConsoleError(status: number, body: unknown, requestId: string | null): ConsoleError {
  const error = isObject(body) ? body.error : undefined;
  if (!isObject(body) || !isObject(error) || typeof error.code !== "string" || typeof error.message !== "string") {
    return new ConsoleError("unreadable", `The server answered ${status}.`, requestId);
  }
  const told = typeof body.requestId === "string" ? body.requestId : requestId;
  // Safe: whoever answers with a code of ours answers with the error body (contract §7).
  const details = (Array.isArray(error.details) ? error.details : []) as ConsoleErrorDetail[];
  const help = typeof error.help === "string" && HELP.test(error.help) ? error.help : null;
  return new ConsoleError(error.code, error.message, told, details, help);
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
