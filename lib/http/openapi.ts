import { z } from "zod";
import { ERROR_STATUS, type ErrorCode } from "@/lib/platform/errors";
import type { RouteDescription } from "./route-description";

type Json = Record<string, unknown>;

/** A shape as JSON Schema. What zod checks beyond JSON Schema (refinements) is left to the description. */
function toSchema(shape: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: "any" });
  return schema;
}

/** What every route of its kind can refuse, whatever else its description names. */
function refusalsOf(route: RouteDescription): ErrorCode[] {
  const codes = new Set<ErrorCode>(["internal", "unavailable", ...route.refusals]);
  if (route.actor !== "public") codes.add("unauthenticated");
  if (route.actor === "person") codes.add("forbidden");
  if (route.input?.params !== undefined || route.input?.query !== undefined) codes.add("invalid_input");
  if (route.input?.body !== undefined) {
    for (const code of ["invalid_input", "payload_too_large", "unsupported_media_type"] as const) codes.add(code);
  }
  return [...codes];
}

function parameters(place: "path" | "query", shape: z.ZodType | undefined): Json[] {
  if (shape === undefined) return [];
  const schema = toSchema(shape, "input");
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries((schema.properties as Record<string, Json> | undefined) ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.has(name),
    schema: property,
  }));
}

function requestBody(route: RouteDescription): Json {
  const body = route.input?.body;
  if (body === undefined) return {};
  const isShape = body instanceof z.ZodType;
  const contentType = isShape ? "application/json" : body.contentType;
  const schema = isShape ? toSchema(body, "input") : { type: "string", contentMediaType: contentType };
  return {
    requestBody: {
      required: true,
      description: `At most ${route.maxBytes} bytes.`,
      content: { [contentType]: { schema } },
    },
  };
}

function responses(route: RouteDescription): Json {
  const { output } = route;
  const status = route.successStatus ?? 200;
  const [shape, contentType] =
    output instanceof z.ZodType ? [output, "application/json"] : [output.shape, output.contentType];
  const content = {
    [contentType]: { schema: shape === undefined ? { type: "string" } : toSchema(shape, "output") },
  };
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of refusalsOf(route)) {
    byStatus.set(ERROR_STATUS[code], [...(byStatus.get(ERROR_STATUS[code]) ?? []), code]);
  }
  const refused = [...byStatus].map(([errorStatus, codes]) => [
    String(errorStatus),
    {
      description: codes.join(", "),
      content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
    },
  ]);
  return {
    [status]: status === 204 ? { description: "Done." } : { description: "Done.", content },
    ...(shape !== undefined ? {} : { 304: { description: "The asker's copy is still the newest." } }),
    ...Object.fromEntries(refused),
  };
}

const SECURITY = { person: [{ session: [] }], device: [{ deviceToken: [] }], publisher: [{ publisherToken: [] }] };

const TOLD_VALUE = {
  type: ["string", "number", "boolean", "null", "array"],
  items: { type: ["string", "number"] },
};

const ERROR_SCHEMA = {
  type: "object",
  required: ["requestId", "error"],
  properties: {
    requestId: { type: "string" },
    error: {
      type: "object",
      required: ["code", "message", "help"],
      properties: {
        code: { type: "string", enum: Object.keys(ERROR_STATUS) },
        message: { type: "string" },
        help: { type: "string", description: "Where the code is explained." },
        details: {
          type: "array",
          items: {
            type: "object",
            required: ["path", "code", "message", "at", "seen", "wanted", "help"],
            properties: {
              ...{ path: { type: "string" }, code: { type: "string" }, message: { type: "string" } },
              at: { type: ["string", "null"], description: "The path; null where it is the whole." },
              seen: { ...TOLD_VALUE, description: "What was there; null where that is not told." },
              wanted: { ...TOLD_VALUE, description: "A value or a form that would pass; null where none is known." },
              help: { type: ["string", "null"], description: "Where the code is explained; null where it is nowhere." },
            },
          },
        },
        serverTime: { type: "integer", description: "Whole seconds; with clock_skew." },
      },
    },
  },
} as const;

/** The interface as OpenAPI 3.1, from the very shapes that validate (spec §7). */
export function describeOpenApi(routes: readonly RouteDescription[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    const place = paths[route.path] ?? {};
    paths[route.path] = place;
    const operation = {
      summary: route.summary,
      operationId: operationId(route),
      tags: [route.path.split("/")[2] ?? "api"],
      ...(route.actor === "public" ? {} : { security: SECURITY[route.actor] }),
      ...(route.permission === null ? {} : { "x-permission": route.permission }),
      parameters: [...parameters("path", route.input?.params), ...parameters("query", route.input?.query)],
      ...requestBody(route),
      responses: responses(route),
    };
    place[route.method.toLowerCase()] = operation;
    if (route.answersHead) place.head = withoutBody(operation, operationId({ ...route, method: "HEAD" }));
  }
  return {
    openapi: "3.1.0",
    info: { title: "Bulkhead", version },
    paths,
    components: {
      schemas: { Error: ERROR_SCHEMA },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "bulkhead.session" },
        deviceToken: { type: "http", scheme: "bearer" },
        publisherToken: { type: "http", scheme: "bearer" },
      },
    },
  };
}

/** The same call by HEAD: every status, and nothing behind it. */
function withoutBody(operation: { responses: Json }, id: string): Json {
  const bare = Object.entries(operation.responses).map(([status, response]) => [
    status,
    { description: (response as { description: string }).description },
  ]);
  return { ...operation, operationId: id, responses: Object.fromEntries(bare) };
}

function operationId(route: { method: string; path: string }): string {
  const words = route.path
    .split("/")
    .slice(2)
    .filter((word) => word !== "v1");
  return [route.method.toLowerCase(), ...words.map((word) => word.replaceAll(/\W/g, ""))].join("_");
}
