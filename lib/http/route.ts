import { z } from "zod";
import { type Actor, admits, ROLE_PERMISSIONS } from "@/lib/contracts/actor";
import { parseJson } from "@/lib/contracts/strict-json";
import { AppError } from "@/lib/platform/errors";
import { type Ids, randomIds } from "@/lib/platform/ids";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { errorResponse } from "./error-response";
import { inputDetails } from "./input-details";
import { rememberBody } from "./known-body";
import { readBody, streamBody, unfold } from "./read-body";
import type { RouteAnswer, RouteCall, RouteDescription, UnreadCall } from "./route-description";
import { requireSameOrigin } from "./same-origin";
import { isStorable } from "./storable-text";
import { TOLD_HEADERS } from "./told";

export type RouteSpec<D extends RouteDescription> = D & {
  /** Who speaks; null where nobody is recognised. May itself refuse, for example with `device_revoked`. */
  resolveActor(request: Request): Promise<Actor | null>;
};

/** A handler as Next and the lean router call it: path parameters come as a value or a promise of it. */
export type RouteHandler = (
  request: Request,
  context?: { params?: Record<string, string | string[] | undefined> | Promise<Record<string, unknown>> },
) => Promise<Response>;

export type RoutePorts = { ids: Ids; logger: Logger; validatesOutput: boolean };

const defaultPorts: RoutePorts = {
  ids: randomIds,
  logger: stderrLogger,
  validatesOutput: process.env.NODE_ENV !== "production",
};

/** Whoever calls it leaves the body of an answer to HEAD away. */
export function takesMethod(route: RouteDescription, method: string): boolean {
  return method === route.method || (method === "HEAD" && route.answersHead === true);
}

function parseWith(place: string, shape: z.ZodType, value: unknown, takesAnyText = false): unknown {
  if (!takesAnyText && !isStorable(value)) throw new AppError("invalid_input", "Some text can't be stored.");
  const result = shape.safeParse(value);
  if (!result.success) {
    const details = inputDetails(place, result.error, value);
    throw new AppError("invalid_input", "Some of the input is not valid.", { details });
  }
  return result.data;
}

/** Whoever is not recognised is told what is looked for here, which is the same for everybody. */
export const NOT_RECOGNISED = {
  person: "Sign in first.",
  publisher:
    "No publisher's token that is in force came along: it was withdrawn, is over after 90 days, or is another platform's.",
  device: "No device's token that is in force came along.",
} as const satisfies Record<Exclude<RouteDescription["actor"], "public">, string>;

function authorise(spec: RouteDescription, actor: Actor | null): void {
  if (spec.actor === "public") return;
  if (actor === null || actor.kind !== spec.actor) {
    throw new AppError("unauthenticated", NOT_RECOGNISED[spec.actor]);
  }
  if (spec.actor !== "person" || actor.kind !== "person") return;
  if (!admits(spec.permission, ROLE_PERMISSIONS[actor.role])) {
    throw new AppError("forbidden", "Your role does not allow this.");
  }
}

function actorId(actor: Actor): string {
  switch (actor.kind) {
    case "person":
      return actor.personId;
    case "publisher":
      return actor.publisherId;
    case "device":
      return actor.deviceId;
    case "system":
      return actor.name;
  }
}

function readSearch(request: Request): Record<string, string> {
  return Object.fromEntries(new URL(request.url).searchParams.entries());
}

/** The body of a request as it was received: not unfolded, and nothing parsed. */
export type ReceivedBody = { bytes: Uint8Array; isGzip: boolean };

/**
 * Takes in a body that something else will open: refuses what is no body of this route (`unsupported_media_type`) or larger
 * than it may be (`payload_too_large`).
 */
export async function receiveBody(spec: RouteDescription, request: Request): Promise<ReceivedBody> {
  requireContentType(spec, request);
  return await readBody(request, spec.maxBytes, spec.acceptsGzip ?? false);
}

/** The same for what keeps none of it in memory: pieces as they come. What it refuses, it raises where they are read. */
export async function* receivePieces(spec: RouteDescription, request: Request): AsyncGenerator<Uint8Array> {
  requireContentType(spec, request);
  yield* streamBody(request, spec.maxBytes);
}

function requireContentType(spec: RouteDescription, request: Request): void {
  const shape = spec.input?.body;
  const wanted = shape === undefined || shape instanceof z.ZodType ? "application/json" : shape.contentType;
  const given = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (given !== wanted) throw new AppError("unsupported_media_type", `The body must be ${wanted}.`);
}

/** Unfolds and parses a received body by the route's shape. What it refuses is `invalid_input` or `payload_too_large`. */
export async function parseBody<const D extends RouteDescription>(
  spec: D,
  received: ReceivedBody,
): Promise<{ body: RouteCall<D>["body"]; bytes: Uint8Array }> {
  const shape = spec.input?.body;
  const bytes = received.isGzip ? await unfold(received.bytes, spec.maxBytes) : received.bytes;
  // Safe, here and below: a body is parsed by the very shape that the description's types come from.
  const typed = (body: unknown) => ({ body: body as RouteCall<D>["body"], bytes });
  if (!(shape instanceof z.ZodType)) return typed(bytes);
  const parsed = parseJson(bytes);
  if (!parsed.ok) throw new AppError("invalid_input", "The body is not valid JSON.");
  return typed(parseWith("body", shape, parsed.value, spec.takesAnyText));
}

/**
 * Makes a handler of a description: method, actor, permission, input, output and sizes are enforced here, as data; `fn`
 * runs only when all of them hold. Every answer carries `x-request-id` and, unless `fn` says otherwise, `no-store`;
 * what `fn` throws becomes the error body of spec §7.
 */
export function route<const D extends RouteDescription>(
  spec: RouteSpec<D>,
  fn: (call: RouteCall<D>) => Promise<RouteAnswer<D>>,
  ports: RoutePorts = defaultPorts,
): RouteHandler {
  return routeUnread(
    spec,
    async (unread) => {
      const hasBody = spec.input?.body !== undefined;
      const read = hasBody ? await parseBody<D>(spec, await receiveBody(spec, unread.request)) : NO_BODY;
      // Safe: as `parseBody` says; where there is no body its type is undefined.
      return fn({ ...unread, body: read.body, bodyBytes: read.bytes } as RouteCall<D>);
    },
    ports,
  );
}

const NO_BODY = { body: undefined, bytes: new Uint8Array() };

/** The same for a handler that reads the body itself, once it knows that there is room for it. */
export function routeUnread<const D extends RouteDescription>(
  spec: RouteSpec<D>,
  fn: (call: UnreadCall<D>) => Promise<RouteAnswer<D>>,
  ports: RoutePorts = defaultPorts,
): RouteHandler {
  return async (request, context) => {
    const requestId = ports.ids.next("request");
    const told: Record<string, string> = { [TOLD_HEADERS.route]: spec.path };
    try {
      if (!takesMethod(spec, request.method)) throw new AppError("method_not_allowed", "Not with this method.");
      if (spec.actor === "person" && spec.method !== "GET") requireSameOrigin(request);
      const actor = await spec.resolveActor(request);
      if (actor !== null) told[TOLD_HEADERS.actor] = actorId(actor);
      authorise(spec, actor);
      const input = spec.input ?? {};
      const params =
        input.params === undefined ? undefined : parseWith("params", input.params, (await context?.params) ?? {});
      const query = input.query === undefined ? undefined : parseWith("query", input.query, readSearch(request));
      // Safe: `params` and `query` were parsed by the very shapes that the description's types come from.
      const call = { actor, params, query, request, requestId } as unknown as UnreadCall<D>;
      const answer: unknown = await fn(call);
      return tell(finish(spec, answer, requestId, ports), told);
    } catch (error) {
      return tell(errorResponse(error, requestId, ports.logger), told);
    }
  };
}

function tell(response: Response, told: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(told)) response.headers.set(name, value);
  return response;
}

function finish(spec: RouteDescription, answer: unknown, requestId: string, ports: RoutePorts): Response {
  if (answer instanceof Response) {
    answer.headers.set("x-request-id", requestId);
    if (!answer.headers.has("cache-control")) answer.headers.set("cache-control", "no-store");
    return answer;
  }
  const headers = { "cache-control": "no-store", "x-request-id": requestId };
  const status = spec.successStatus ?? 200;
  if (status === 204) return new Response(null, { status, headers });
  const value = ports.validatesOutput && spec.output instanceof z.ZodType ? spec.output.parse(answer) : answer;
  const text = JSON.stringify(value);
  const typed = { ...headers, "content-type": "application/json; charset=utf-8" };
  return rememberBody(new Response(text, { status, headers: typed }), text);
}
