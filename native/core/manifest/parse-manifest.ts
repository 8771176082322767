import { MANIFEST_ISSUE_CODES, type ManifestIssueCode } from "../codes";
import { compareUtf8 } from "../crypto/encoding";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json/parse-json";
import { type Manifest, manifestShape } from "./manifest-shape";

export type ManifestIssue = { path: string; code: ManifestIssueCode };
export type ManifestResult = { valid: true; manifest: Manifest } | { valid: false; issues: ManifestIssue[] };

/** How many issues an answer holds at most (spec §2). */
export const MANIFEST_ISSUES_MAX = 50;

/**
 * Reads the text of a `manifest.json`. Whatever the JSON rules refuse is one `NOT_JSON` at the root; else every path
 * names its first problem in the order of the code list, none below a `TYPE`, sorted by the path's bytes (spec §2).
 */
export function parseManifest(source: string | Uint8Array): ManifestResult {
  const parsed = parseJson(source);
  if (!parsed.ok) return { valid: false, issues: [{ path: "", code: "NOT_JSON" }] };
  const found = new Map<string, ManifestIssueCode>();
  const report = (path: string, code: ManifestIssueCode) => {
    const earlier = found.get(path);
    if (earlier === undefined || rank(code) < rank(earlier)) found.set(path, code);
  };
  manifestShape.inspect(parsed.value, "", report);
  if (isJsonObject(parsed.value)) inspectAcrossMembers(parsed.value, report);
  if (found.size === 0) return { valid: true, manifest: parsed.value as Manifest };
  const issues = [...found].map(([path, code]) => ({ path, code }));
  issues.sort((left, right) => compareUtf8(left.path, right.path));
  return { valid: false, issues: issues.slice(0, MANIFEST_ISSUES_MAX) };
}

/** A web program needs a page and an icon; a route for others must be one of the program's own pages (spec §2). */
function inspectAcrossMembers(manifest: JsonObject, report: (path: string, code: ManifestIssueCode) => void): void {
  if (manifest.bulkhead_engine === "web") {
    if (isEmptyList(manifest.pages)) report("/pages", "FORMAT");
    if (isEmptyList(manifest.icons)) report("/icons", "FORMAT");
  }
  const { pages, bulkhead_external_routes: routes } = manifest;
  if (!Array.isArray(pages) || !Array.isArray(routes)) return;
  const known = new Set(pages);
  for (const [index, route] of routes.entries()) {
    if (typeof route === "string" && !known.has(route)) report(`/bulkhead_external_routes/${index}`, "FORMAT");
  }
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

function rank(code: ManifestIssueCode): number {
  return MANIFEST_ISSUE_CODES.indexOf(code);
}
