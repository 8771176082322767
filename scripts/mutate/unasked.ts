const AUDITOR = "proves a whole log to an auditor, by one program that no runtime ships";
const FRAME = "a frame of HTTP, which the OpenAPI document describes; no op answers one";
const SIGNING = "signs or packs, which runtimes never do";
const PEOPLE = "made for people to read: a runtime is held to codes";
const BOUND =
  "a bound of what is handed in: the schema states it and a test compares it; past it no line can be answered";
const TABLE = "a column of the table of checks by which they are listed; an answer has its own";
const FAULT = "which fault an archive has is told to its publisher; to all others it is BUNDLE_MALFORMED";
const PATH =
  "path and query of a resolved reference decide nothing: an answer about a redirect is its decision and its code";
const HOST_ASKS = "how the host asks for admission or access before a call; the op is given samples or calls";

/**
 * Of native/core: what no vector asks about, by file, folder or mutant, and why. Other tests hold it; the share of what
 * vectors notice is told with it and without.
 */
const UNASKED: Readonly<Record<string, string>> = {
  "native/core/audit/head-list.ts": AUDITOR,
  "native/core/audit/keyset-walk.ts": AUDITOR,
  "native/core/audit/log-findings.ts": AUDITOR,
  "native/core/audit/signed-document.ts": AUDITOR,
  "native/core/audit/verify-chain.ts": AUDITOR,
  "native/core/audit/verify-log.ts": AUDITOR,
  "native/core/bundle/pack-bundle.ts": SIGNING,
  "native/core/documents/sign-document.ts": SIGNING,
  "native/core/decide/say-trace.ts": PEOPLE,
  "native/core/decide/trace.ts": "reads a trace that another process sent; the op writes one",
  "native/core/telemetry/plausible.ts": "what the service believes of what devices send",
  "native/core/text/plain-text.ts": PEOPLE,
  "native/core/wire/": FRAME,
  "0094ab8bd302": "which of several rules an editor names beside one that overlaps them",
  "0165c2f17ad8": "how much waits, as a command line tells it",
  "017d151e8527": HOST_ASKS,
  "018c366ddff6": "a file of more than 128 MiB, which nobody keeps for this",
  "02b23f3fa5b0": PATH,
  "03155f8f8040": BOUND,
  "0320eba2fcc3": PATH,
  "042a49f1b380": TABLE,
  "04943e3add13": HOST_ASKS,
  "04b644e17b95": FAULT,
  "0525af2bcd6a": FAULT,
  "0558195b9454": TABLE,
  "072f52e0cc04": "no number of JSON is infinite",
  "0770cb5e9efd": PATH,
  "0786307b0260": SIGNING,
  "08100f577bac": PATH,
  "083ce1693422": FAULT,
  "086c8abf48aa": TABLE,
  "089d0570d98f": BOUND,
  "08f1a1332da5": FAULT,
  "09c26b46dea2": "the id of a line that is no strict JSON, of which vectors have none",
  "09d7561511ab": "how the editor's schema is written from the shape; a test compares it",
  "0ac30b423f20": TABLE,
  "0b2825d1d2ba": BOUND,
  "1102086dfd8f": BOUND,
  "0b3323c73cf9": PEOPLE,
  "0cde0740d02c": TABLE,
  "02389f4bbcb3": PEOPLE,
  "0d904bdcc0bd": HOST_ASKS,
  "0dde8edf99eb": PEOPLE,
  "0eb70738dc76": HOST_ASKS,
  "11d63b4f9bc1": "a signature's file of more than 64 KiB, which nobody keeps for this",
};

/** Why vectors do not ask about this mutant; undefined where they should. */
export function whyUnasked({ id, file }: { id: string; file: string }): string | undefined {
  return UNASKED[id] ?? UNASKED[file] ?? UNASKED[file.slice(0, file.lastIndexOf("/") + 1)];
}
