import type { Manifest } from "../manifest/manifest-shape";
import { type ManifestIssue, parseManifest } from "../manifest/parse-manifest";
import { lowerAscii } from "../text/ascii";
import type { ArchiveFault } from "./archive-fault";
import { readArchive } from "./read-archive";

export type Engine = "web" | "script";

export type Bundle = {
  manifest: Manifest;
  /** As declared, else `web` where a page has markup (spec §2). */
  engine: Engine;
  /** Every file by its name inside the bundle. */
  entries: ReadonlyMap<string, Uint8Array>;
};

/** Why a bundle does not open: told to its author, while a device says `BUNDLE_MALFORMED`. */
export type BundleFault =
  | { kind: "archive"; fault: ArchiveFault; entry?: string }
  | { kind: "manifest_missing" }
  | { kind: "manifest_invalid"; issues: ManifestIssue[] }
  | { kind: "page_missing"; page: string }
  | { kind: "script_missing" };

export type OpenBundleResult = { ok: true; bundle: Bundle } | { ok: false; reason: BundleFault };
/**
 * `openBundle` where somebody else's thread does it; what rejects is no verdict. `whose` it is says among whom the thread
 * is shared.
 */
export type OpenBundle = (bytes: Uint8Array, whose: string) => Promise<OpenBundleResult>;

export const MANIFEST_NAME = "manifest.json";
/** What a script program runs. */
export const SCRIPT_NAME = "app.js";

const MARKUP = [".html", ".htm", ".xhtml"];
/** What a page's name may leave out (MiniApp Packaging): its markup, or its script where it has no markup. */
const PAGE_EXTENSIONS = ["", ...MARKUP, ".js"];

/**
 * Opens a bundle's bytes: one archive of one reading, a valid manifest at its root, every declared page there, and
 * what its engine starts from (spec §2, Bundle). Signature and digest are `verifyBundle`'s, which comes first on a device.
 */
export function openBundle(bytes: Uint8Array): OpenBundleResult {
  const archive = readArchive(bytes);
  if (!archive.ok) {
    const { fault, entry } = archive;
    return refused({ kind: "archive", fault, ...(entry === undefined ? {} : { entry }) });
  }
  return openFiles(archive.files);
}

/** The same judgement of files that are not packed yet; `lint` and `pack` ask it of a folder. */
export function openFiles(entries: ReadonlyMap<string, Uint8Array>): OpenBundleResult {
  const source = entries.get(MANIFEST_NAME);
  if (source === undefined) return refused({ kind: "manifest_missing" });
  const parsed = parseManifest(source);
  if (!parsed.valid) return refused({ kind: "manifest_invalid", issues: parsed.issues });
  const { manifest } = parsed;
  const pages = manifest.pages.map((page) => ({ page, file: findPage(page, entries) }));
  const missing = pages.find(({ file }) => file === undefined);
  if (missing !== undefined) return refused({ kind: "page_missing", page: missing.page });
  const engine = manifest.bulkhead_engine ?? (pages.some(({ file }) => isMarkup(file)) ? "web" : "script");
  if (engine === "script") {
    return entries.has(SCRIPT_NAME)
      ? { ok: true, bundle: { manifest, engine, entries } }
      : refused({ kind: "script_missing" });
  }
  const empty = (["icons", "pages"] as const).filter((member) => manifest[member].length === 0);
  if (empty.length > 0) {
    const issues = empty.map((member): ManifestIssue => ({ path: `/${member}`, code: "FORMAT" }));
    return refused({ kind: "manifest_invalid", issues });
  }
  const unmarked = pages.find(({ file }) => !isMarkup(file));
  return unmarked === undefined
    ? { ok: true, bundle: { manifest, engine, entries } }
    : refused({ kind: "page_missing", page: unmarked.page });
}

function findPage(page: string, entries: ReadonlyMap<string, Uint8Array>): string | undefined {
  return PAGE_EXTENSIONS.map((extension) => page + extension).find((file) => entries.has(file));
}

function isMarkup(file: string | undefined): boolean {
  return file !== undefined && MARKUP.some((extension) => lowerAscii(file).endsWith(extension));
}

function refused(reason: BundleFault): OpenBundleResult {
  return { ok: false, reason };
}
