import { z } from "zod";
import { lowerAscii } from "../text/ascii";
import { boundText } from "../text/plain-text";
import { pointerToken } from "./decision";
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

/**
 * A parameter that does not fit: its JSON Pointer in the parameters, what kind of value is there, and what would fit
 * (spec 5.56). What is there is never told itself: it may be a secret.
 */
export type Misfit = { at: string; seen: string; wanted: string };
/** The first that does not fit, in the schema's order; undefined where all do. */
export type FindMisfit = (params: unknown) => Misfit | undefined;
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
    shape,
    accepts: compileValue(shape),
  }));
  return (given) => {
    const source = given === undefined ? {} : given;
    if (!isPlainObject(source)) return { at: "", seen: sayKind(source), wanted: "an object" };
    for (const { name, shape, isRequired, accepts } of members) {
      const value = Object.hasOwn(source, name) ? source[name] : undefined;
      if (value === undefined ? isRequired : !accepts(value)) return findWithin(`/${pointerToken(name)}`, shape, value);
    }
    return undefined;
  };
}

/** Where in a value that was refused it begins not to fit. */
function findWithin(at: string, shape: ParameterShape, value: unknown): Misfit {
  const misfit = { at, seen: sayKind(value), wanted: sayShape(shape) };
  if (shape.type === "list" && Array.isArray(value) && value.length <= shape.maxItems) {
    const accepts = compileValue(shape.items);
    const place = value.findIndex((item) => !accepts(item));
    return findWithin(`${at}/${place}`, shape.items, value[place]);
  }
  if (shape.type !== "headers" || !isPlainObject(value)) return misfit;
  const fields = Object.entries(value);
  if (fields.length > shape.maxItems) return { ...misfit, seen: `an object of ${fields.length}` };
  const [name = "", text] = fields.find(([field, one]) => !isProgramField(field) || !isFieldValue(one)) ?? [];
  const place = `${at}/${pointerToken(boundText(name, POINTER_UNITS_MAX))}`;
  return isProgramField(name)
    ? { at: place, seen: sayKind(text), wanted: WANTED.fieldValue }
    : {
        at: place,
        seen: isHostsField(name) ? "a field that is the host's own" : "no name of a field",
        wanted: WANTED.field,
      };
}

const POINTER_UNITS_MAX = 128;
const WANTED = {
  field: "a field of the program's own, named by a token of 1 to 256 characters",
  fieldValue: "a text of at most 8192 visible characters, with blanks within it alone",
};

function sayKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") {
    return isWellFormed(value) ? `a text of ${utf8Length(value)} bytes` : "a text that is not well-formed";
  }
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "number" || value instanceof Number) return "a number";
  return typeof value === "boolean" ? "true or false" : "an object";
}

function sayShape(shape: ParameterShape): string {
  switch (shape.type) {
    case "string": {
      const { minBytes = 0, maxBytes, oneOf } = shape;
      if (oneOf !== undefined) return `one of ${oneOf.join(", ")}`;
      return maxBytes === undefined ? "a text" : `a text of ${minBytes} to ${maxBytes} bytes`;
    }
    case "integer":
      return `a whole number from ${shape.min} to ${shape.max}`;
    case "boolean":
      return "true or false";
    case "json":
      return "any JSON";
    case "body":
      return `a text or bytes, ${shape.maxBytes} bytes at most`;
    case "headers":
      return `an object of at most ${shape.maxItems} fields`;
    case "list":
      return `a list of at most ${shape.maxItems}`;
  }
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
  return !isHostsField(name);
}

function isHostsField(name: string): boolean {
  const lower = lowerAscii(name);
  return HOST_FIELDS.includes(lower) || lower.startsWith("proxy-");
}

function isFieldValue(text: unknown): boolean {
  return typeof text === "string" && text.length <= FIELD_VALUE_CHARACTERS_MAX && FIELD_VALUE.test(text);
}
