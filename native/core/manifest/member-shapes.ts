import { canonicalJson } from "../audit/canonical-json";
import type { ManifestIssueCode } from "../codes";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/parse-json";

/** Longest string in code points, longest list in items (spec §2). */
export const MANIFEST_STRING_MAX = 1024;
export const MANIFEST_LIST_MAX = 256;

export type Report = (path: string, code: ManifestIssueCode) => void;

/** What one member of a manifest may be: finds what is wrong with a value, and describes itself as JSON Schema. */
export type Shape<Value> = {
  inspect(value: JsonValue, path: string, report: Report): void;
  jsonSchema(): JsonObject;
  /** Carries the type; never there. */
  readonly value?: Value;
};
export type ValueOf<Described> = Described extends Shape<infer Value> ? Value : never;

export function text(rules: TextRules = {}): Shape<string> {
  const max = rules.max ?? MANIFEST_STRING_MAX;
  return {
    inspect(value, path, report) {
      if (typeof value !== "string") return report(path, "TYPE");
      if ((rules.isRequired && value === "") || rules.hasForm?.(value) === false) report(path, "FORMAT");
      if (isLongerThan(value, max)) report(path, "TOO_LONG");
      if (rules.isKnown?.(value) === false) report(path, "UNKNOWN_CAPABILITY");
    },
    jsonSchema: () => ({
      type: "string",
      maxLength: max,
      ...(rules.isRequired ? { minLength: 1 } : {}),
      ...(rules.form === undefined ? {} : { description: rules.form }),
    }),
  };
}

type TextRules = {
  /** Empty is `FORMAT`. */
  isRequired?: true;
  hasForm?: (text: string) => boolean;
  /** The form in words, for the schema's reader. */
  form?: string;
  max?: number;
  /** Of capabilities: whether the catalogue has it. */
  isKnown?: (text: string) => boolean;
};

export function oneOf<const Word extends string>(words: readonly Word[]): Shape<Word> {
  return {
    inspect(value, path, report) {
      if (typeof value !== "string") return report(path, "TYPE");
      if (!(words as readonly string[]).includes(value)) report(path, "FORMAT");
      if (isLongerThan(value, MANIFEST_STRING_MAX)) report(path, "TOO_LONG");
    },
    jsonSchema: () => ({ enum: [...words] }),
  };
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    inspect(value, path, report) {
      if (typeof value !== "number") return report(path, "TYPE");
      if (value < min || value > max) report(path, "FORMAT");
    },
    jsonSchema: () => ({ type: "integer", minimum: min, maximum: max }),
  };
}

export function flag(): Shape<boolean> {
  return {
    inspect(value, path, report) {
      if (typeof value !== "boolean") report(path, "TYPE");
    },
    jsonSchema: () => ({ type: "boolean" }),
  };
}

/**
 * A list; `keysOf` names what an item takes for itself, and an item that wants a taken key is `DUPLICATE`. Without it two
 * equal items are.
 */
export function list<Item>(
  item: Shape<Item>,
  rules: { isRequired?: true; keysOf?: (item: JsonValue) => readonly string[] } = {},
): Shape<Item[]> {
  const keysOf = rules.keysOf ?? ((value) => [canonicalJson(value)]);
  return {
    inspect(value, path, report) {
      if (!Array.isArray(value)) return report(path, "TYPE");
      if (rules.isRequired && value.length === 0) report(path, "FORMAT");
      if (value.length > MANIFEST_LIST_MAX) report(path, "TOO_MANY");
      const taken = new Set<string>();
      for (const [index, entry] of value.entries()) {
        const keys = keysOf(entry);
        if (keys.some((key) => taken.has(key))) report(`${path}/${index}`, "DUPLICATE");
        for (const key of keys) taken.add(key);
        item.inspect(entry, `${path}/${index}`, report);
      }
    },
    jsonSchema: () => ({
      type: "array",
      items: item.jsonSchema(),
      maxItems: MANIFEST_LIST_MAX,
      ...(rules.isRequired ? { minItems: 1 } : {}),
    }),
  };
}

type Members = Readonly<Record<string, Shape<unknown>>>;
type Composed<Needed extends Members, Allowed extends Members> = {
  [Name in keyof Needed]: ValueOf<Needed[Name]>;
} & { [Name in keyof Allowed]?: ValueOf<Allowed[Name]> };

/** Vendor members are never ignored, wherever a member of the draft holds them (spec §2). */
const isVendorMember = (member: string) => member.startsWith("bulkhead_");

/** An object; members it does not name are ignored, but those that `isRefused` picks are `UNKNOWN_MEMBER`. */
export function object<Needed extends Members, Allowed extends Members>(
  needed: Needed,
  allowed: Allowed,
  isRefused: (member: string) => boolean = isVendorMember,
): Shape<Composed<Needed, Allowed>> {
  const shapes = new Map(Object.entries({ ...needed, ...allowed }));
  return {
    inspect(value, path, report) {
      if (!isJsonObject(value)) return report(path, "TYPE");
      for (const name of Object.keys(needed)) {
        if (!Object.hasOwn(value, name)) report(pointer(path, name), "REQUIRED");
      }
      for (const [name, entry] of Object.entries(value)) {
        const shape = shapes.get(name);
        if (shape !== undefined) shape.inspect(entry, pointer(path, name), report);
        else if (isRefused(name)) report(pointer(path, name), "UNKNOWN_MEMBER");
      }
    },
    jsonSchema: () => ({
      type: "object",
      required: Object.keys(needed),
      properties: Object.fromEntries([...shapes].map(([name, shape]) => [name, shape.jsonSchema()])),
      ...(isRefused("") ? { additionalProperties: false } : {}),
    }),
  };
}

/** One more step of a JSON Pointer, RFC 6901. */
export function pointer(path: string, step: string): string {
  return `${path}/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function isLongerThan(value: string, codePointsMax: number): boolean {
  if (value.length <= codePointsMax) return false;
  if (value.length > codePointsMax * 2) return true;
  let count = 0;
  for (const _ of value) count += 1;
  return count > codePointsMax;
}
