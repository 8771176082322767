import { WIDENING_CODES } from "@/lib/domain/widening";
import { BUNDLE_CODES, DENIAL_CODES, DOCUMENT_CODES, MANIFEST_ISSUE_CODES } from "@/native/core/codes";
import { helpOf } from "@/native/core/decide/help";

/** Where a code is explained, for every refusal that leaves by a door (spec 5.55). */
export { helpOf };

const LISTED: ReadonlySet<string> = new Set([
  ...[...MANIFEST_ISSUE_CODES, ...DOCUMENT_CODES, ...DENIAL_CODES, ...BUNDLE_CODES, ...WIDENING_CODES],
]);

/** The same of a detail's code; null of one that no closed list has, as that of an input's shape: its message alone explains it. */
export const helpOfDetail = (code: string): string | null => (LISTED.has(code) ? helpOf(code) : null);
