import type { z } from "zod";
import type { Actor, Permission } from "@/lib/contracts/actor";
import type { ErrorCode } from "@/lib/platform/errors";

export type RouteMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type ActorKind = "person" | "device" | "publisher" | "public";

/** A body that is bytes and no JSON, with the one content type that it may have. */
export type BytesBody = { kind: "bytes"; contentType: string };
/**
 * An answer that the handler writes itself: signed documents, bundles, exports, streams. With a `shape` it is JSON of
 * that shape, whose status says something too.
 */
export type RawOutput = { kind: "raw"; contentType: string; shape?: z.ZodType };

/** A person's permission: one, any one of several, or `signed-in` where every role may ask. */
export type PersonPermission = Permission | readonly [Permission, ...Permission[]] | "signed-in";

/**
 * One call of the HTTP interface as data: what the wrapper enforces and what OpenAPI says. `permission` is a member that
 * cannot be left out; it is null where the actor is no person.
 */
export type RouteDescription = {
  method: RouteMethod;
  /** As in OpenAPI: `/api/runtime/v1/programs/{appId}`. */
  path: string;
  summary: string;
  input?: { params?: z.ZodType; query?: z.ZodType; body?: z.ZodType | BytesBody };
  output: z.ZodType | RawOutput;
  successStatus?: 200 | 201 | 202 | 204;
  /** Greatest body, in bytes, as received and again after decompression. */
  maxBytes: number;
  acceptsGzip?: boolean;
  /** HEAD is answered as GET without its body: for what monitors ask. */
  answersHead?: boolean;
  /** The handler itself judges text that the store can't hold; elsewhere such a body is `invalid_input`. */
  takesAnyText?: boolean;
  /** Refusals beside those that every route of its kind can give. */
  refusals: readonly ErrorCode[];
} & ({ actor: "person"; permission: PersonPermission } | { actor: Exclude<ActorKind, "person">; permission: null });

type Read<T> = T extends z.ZodType ? z.output<T> : T extends BytesBody ? Uint8Array : undefined;
type InputOf<D extends RouteDescription, K extends "params" | "query" | "body"> = D["input"] extends object
  ? K extends keyof D["input"]
    ? Read<D["input"][K]>
    : undefined
  : undefined;

/** What a handler is called with: everything parsed and authorised. */
export type RouteCall<D extends RouteDescription> = {
  actor: D["actor"] extends "public" ? Actor | null : Extract<Actor, { kind: D["actor"] }>;
  params: InputOf<D, "params">;
  query: InputOf<D, "query">;
  body: InputOf<D, "body">;
  /** SHA-256-able bytes of the body as parsed (after decompression); empty where there is none. */
  bodyBytes: Uint8Array;
  request: Request;
  requestId: string;
};

/** The same before its body was read. */
export type UnreadCall<D extends RouteDescription> = Omit<RouteCall<D>, "body" | "bodyBytes">;

/** What a handler answers with: the output's value, or a whole response where the output is raw. */
export type RouteAnswer<D extends RouteDescription> = D["output"] extends z.ZodType ? z.input<D["output"]> : Response;

/** Keeps the literal types of a description, so that handlers are typed from it. */
export function describeRoute<const D extends RouteDescription>(description: D): D {
  return description;
}
