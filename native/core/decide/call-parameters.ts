import { z } from "zod";
import { lowerAscii } from "../text/ascii";
import { isWellFormed, utf8Length } from "./utf8-length";

const scalarShape = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("string"),
    minBytes: z.int().optional(),
    maxBytes: z.int().optional(),
    oneOf: z.array(z.string()).optional(),
  }),
  z.strictObject({ type: z.literal("integer"), min: z.int(), max: z.int() }),
  z.strictObject({ type: z.literal("boolean") }),
  z.strictObject({ type: z.literal("json") }),
  z.strictObject({ type: z.literal("body"), maxBytes: z.int() }),
  z.strictObject({ type: z.literal("headers"), maxItems: z.int() }),
]);

/** The schema of one parameter, as the catalogue writes it (`native/catalog/README.md`). */
export const parameterShape = z.union([
  scalarShape,
  z.strictObject({ type: z.literal("list"), items: scalarShape, maxItems: z.int() }),
]);
type ParameterShape = z.infer<typeof parameterShape>;

/** The JSON Pointer, in the parameters, of the first that does not fit, in the schema's order; undefined where all do. */
export type FindMisfit = (params: unknown) => string | undefined;
type CheckValue = (value: unknown) => boolean;

/**
 * Makes the check of one API's parameters: absent ones are an empty object, anything but an object is refused, and
 * members that the schema does not name are not looked at. Never throws; looks at own members alone.
 */
export function compileParameters(
  params: Readonly<Record<string, ParameterShape>>,
  required: readonly string[],
): FindMisfit {
  const members = Object.entries(params).map(([name, shape]) => ({
    name,
    isRequired: required.includes(name),
    accepts: compileValue(shape),
  }));
  return (given) => {
    const source = given === undefined ? {} : given;
    if (!isPlainObject(source)) return "";
    for (const { name, isRequired, accepts } of members) {
      const value = Object.hasOwn(source, name) ? source[name] : undefined;
      if (value === undefined ? isRequired : !accepts(value)) return `/${name}`;
    }
    return undefined;
  };
}

function compileValue(shape: ParameterShape): CheckValue {
  switch (shape.type) {
    case "string": {
      const { minBytes = 0, maxBytes = Number.MAX_SAFE_INTEGER, oneOf } = shape;
      return (value) => {
        if (typeof value !== "string") return false;
        if (oneOf !== undefined) return oneOf.includes(value);
        // A UTF-16 unit takes one to three bytes of UTF-8, so most strings need no counting.
        if (value.length < minBytes || value.length > maxBytes || !isWellFormed(value)) return false;
        return value.length * 3 <= maxBytes || utf8Length(value) <= maxBytes;
      };
    }
    case "integer":
      return (value) => Number.isSafeInteger(value) && (value as number) >= shape.min && (value as number) <= shape.max;
    case "boolean":
      return (value) => typeof value === "boolean";
    case "json":
      return () => true;
    case "body":
      return (value) => {
        if (value instanceof Uint8Array) return value.byteLength <= shape.maxBytes;
        return typeof value === "string" && value.length <= shape.maxBytes && utf8Length(value) <= shape.maxBytes;
      };
    case "headers":
      return (value) => areHeaders(value, shape.maxItems);
    case "list": {
      const accepts = compileValue(shape.items);
      return (value) => Array.isArray(value) && value.length <= shape.maxItems && value.every(accepts);
    }
  }
}

/** Members by name: no list, and no number that is kept as an object for its spelling. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Number);
}

/** Header fields that are the host's alone: naming one is refused (spec §5, Bounds). */
const HOST_FIELDS = ["host", "content-length", "connection", "transfer-encoding", "upgrade"];
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** RFC 9110 §5.5: visible characters, spaces and tabs within; no CR, LF or NUL ever. */
const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const FIELD_VALUE_CHARACTERS_MAX = 8192;

function areHeaders(value: unknown, maxItems: number): boolean {
  if (!isPlainObject(value)) return false;
  const fields = Object.entries(value);
  return fields.length <= maxItems && fields.every(([name, text]) => isProgramField(name) && isFieldValue(text));
}

function isProgramField(name: string): boolean {
  if (!FIELD_NAME.test(name)) return false;
  const lower = lowerAscii(name);
  return !HOST_FIELDS.includes(lower) && !lower.startsWith("proxy-");
}

function isFieldValue(text: unknown): boolean {
  return typeof text === "string" && text.length <= FIELD_VALUE_CHARACTERS_MAX && FIELD_VALUE.test(text);
}
