import { MANIFEST_NAME } from "../core/bundle/open-bundle";
import { helpOf } from "../core/decide/help";
import { pagesOf } from "../core/errors/error-pages";
import {
  findJsonFault,
  isJsonObject,
  JSON_DEPTH_MAX,
  type JsonFault,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../core/json/parse-json";
import { manifestShape } from "../core/manifest/manifest-shape";
import type { ManifestIssue } from "../core/manifest/parse-manifest";

type Told = string | number | boolean | null | readonly (string | number)[];
type ExplainedIssue = ManifestIssue & { message: string; at: string; seen: Told; wanted: Told; help: string };

const SEEN_MAX = 128;

/** Each issue with what stands there and what would pass, as the manifest's own schema says it. */
export function explainManifest(issues: readonly ManifestIssue[], source: Uint8Array | undefined): ExplainedIssue[] {
  const parsed = source === undefined ? undefined : parseJson(source);
  const manifest = parsed?.ok ? parsed.value : undefined;
  const fault = source === undefined ? null : findJsonFault(source);
  return issues.map(({ path, code }) => {
    if (code === "NOT_JSON" && fault !== null) return notJson(fault);
    const steps = path
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const schema = steps.reduce(inSchema, manifestShape.jsonSchema() as JsonObject | undefined);
    const value = steps.reduce(inValue, manifest);
    return {
      ...{ path, code, at: path === "" ? "/" : path },
      message: `${path === "" ? "the text" : path}: ${messageOf(code)}`,
      seen: seenOf(code, value),
      wanted: wantedOf(code, schema),
      help: helpOf(code),
    };
  });
}

const JSON_WHY = {
  bytes: ["its bytes are no UTF-8", "UTF-8"],
  mark: ["it begins with a byte order mark", "UTF-8 without a byte order mark"],
  syntax: ["here it stops to be JSON", "JSON: no comments, no comma before a closing bracket, names in double quotes"],
  duplicate: ["this member stands twice in its object", "each member once"],
  number: ["a number that is none", "a whole number between -9007199254740991 and 9007199254740991, in digits alone"],
  depth: ["lists and objects lie too deep in each other", `at most ${JSON_DEPTH_MAX} of them`],
} as const satisfies Record<JsonFault["why"], readonly [says: string, wanted: string]>;

/** Of a text that cannot be read there is one issue, with the place where reading stopped. */
function notJson({ why, line, column }: JsonFault): ExplainedIssue {
  const [says, wanted] = JSON_WHY[why];
  const at = `${MANIFEST_NAME}:${line}:${column}`;
  return {
    ...{ path: "", code: "NOT_JSON", at, seen: null, wanted },
    message: `${at}: ${says}`,
    help: helpOf("NOT_JSON"),
  };
}

function messageOf(code: string): string {
  return pagesOf(code).find(({ list }) => list === "manifest")?.means ?? code;
}

function inSchema(schema: JsonObject | undefined, step: string): JsonObject | undefined {
  if (schema === undefined) return undefined;
  const { properties, items } = schema;
  if (isJsonObject(items) && /^\d+$/.test(step)) return items;
  const next = isJsonObject(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
  return isJsonObject(next) ? next : undefined;
}

function inValue(value: JsonValue | undefined, step: string): JsonValue | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** How much of it, where that is what is wrong; else a plain value itself, and of anything else its kind. */
function seenOf(code: string, value: JsonValue | undefined): Told {
  if (value === undefined) return null;
  if (typeof value === "string") return code === "TOO_LONG" ? [...value].length : value.slice(0, SEEN_MAX);
  if (Array.isArray(value)) return code === "TOO_MANY" ? value.length : value.length === 0 ? "an empty list" : "a list";
  return isJsonObject(value) ? "an object" : value;
}

function wantedOf(code: string, schema: JsonObject | undefined): Told {
  if (schema === undefined) return null;
  const { type, description, minimum, maximum, maxLength, maxItems, minLength } = schema;
  const words = schema.enum;
  if (code === "TOO_LONG" && typeof maxLength === "number") return maxLength;
  if (code === "TOO_MANY" && typeof maxItems === "number") return maxItems;
  if (Array.isArray(words)) return words.filter((word) => typeof word === "string");
  if (code === "FORMAT" && typeof description === "string") return description;
  if (code === "FORMAT" && type === "integer") return `${String(minimum)} to ${String(maximum)}`;
  if (code === "FORMAT" && minLength === 1) return "a text that is not empty";
  if (code === "FORMAT" && type === "array") return "a list with an entry";
  return typeof type === "string" ? type : null;
}
