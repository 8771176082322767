/** What can be wrong with a log and what vouches for it, in words (spec 8.11). */
export const AUDIT_PROBLEMS = {
  MALFORMED: "this is no entry",
  SEQUENCE: "an entry is missing here, or stands twice or in another place",
  PREVIOUS: "this entry does not follow from the one before it",
  DIGEST: "this entry was changed after it was written",
  TRUNCATED: "the end was cut off: a signed head or document names an entry that is not there",
  REWRITTEN: "from here on the entries may be others than those that a signed head or document was written after",
  RECORD: "this line is no keyset, head, document or entry, or stands in the wrong place",
  KEYSET_REFUSED: "a keyset does not follow from the root keys: it was changed, or one before it is missing",
  KEYSET_MISSING: "the keyset that this entry tells of is missing, or is another one",
  KEYSET_UNNAMED: "no entry tells of this keyset",
  HEAD_REFUSED: "a head was changed, or was not signed by this platform",
  HEAD_MISSING: "a head is missing where it was kept, or was never signed",
  DOCUMENT_REFUSED: "a document was changed, or was not signed by this platform",
  DOCUMENT_MISSING: "the document that this entry names is missing, or is another one",
  DOCUMENT_UNNAMED: "no entry names this document",
} as const;
export type AuditProblem = keyof typeof AUDIT_PROBLEMS;

/** What a walk over the entries alone can find. */
export type ChainProblem = Extract<
  AuditProblem,
  "MALFORMED" | "SEQUENCE" | "PREVIOUS" | "DIGEST" | "TRUNCATED" | "REWRITTEN"
>;
