import type { DocumentIssue } from "@/db/newest-document";
import { CLOCK_TOLERANCE_SECONDS } from "@/native/core/documents/judge-claims";

/**
 * What to tell of a clock that is behind the newest document by more than devices tolerate: it was ahead then, or is wrong
 * now. Null where it is not. Nothing waits for it: documents are signed with the present time (spec 4.29). Whole seconds.
 */
export function clockWarning(newest: Pick<DocumentIssue, "issuedAtSeconds"> | null, nowSeconds: number): string | null {
  const ahead = (newest?.issuedAtSeconds ?? 0) - nowSeconds;
  if (ahead <= CLOCK_TOLERANCE_SECONDS) return null;
  const instant = (seconds: number) => new Date(seconds * 1000).toISOString();
  return `The clock says ${instant(nowSeconds)}, ${Math.ceil(ahead / 60)} minutes before the newest document was signed (${instant(nowSeconds + ahead)}): it was ahead then, or is behind now. Documents are signed with the present time. Set the clock by NTP if it is wrong.`;
}
