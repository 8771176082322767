import { helpOf } from "../core/decide/help";
import { pagesOf } from "../core/errors/error-pages";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../core/json/parse-json";
import { manifestShape } from "../core/manifest/manifest-shape";
import type { ManifestIssue } from "../core/manifest/parse-manifest";

type Told = string | number | boolean | null | readonly (string | number)[];
type ExplainedIssue = ManifestIssue & { message: string; at: string; seen: Told; wanted: Told; help: string };

const SEEN_MAX = 128;

/** Each issue with what stands there and what would pass, as the manifest's own schema says it. */
export function explainManifest(issues: readonly ManifestIssue[], source: Uint8Array | undefined): ExplainedIssue[] {
  const parsed = source === undefined ? undefined : parseJson(source);
  const manifest = parsed?.ok ? parsed.value : undefined;
  return issues.map(({ path, code }) => {
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
