import denials from "../../catalog/denials.en.json" with { type: "json" };
import errors from "../../catalog/errors.en.json" with { type: "json" };
import { AUDIT_PROBLEMS } from "../audit/problems";
import { EGRESS_CODES, HOST_CODES } from "../codes";

/** The closed lists of codes, in the order in which a code that several have is explained. */
export const ERROR_LISTS = [
  "denial",
  "http",
  "manifest",
  "bundle",
  "document",
  "command",
  "runtime",
  "widening",
  "audit",
] as const;
export type ErrorList = (typeof ERROR_LISTS)[number];

/** Who can do something about it; `caller` is whoever sent the request. */
export const MENDERS = ["developer", "caller", "platform", "engineer", "approver", "auditor", "nobody"] as const;
export type Mender = (typeof MENDERS)[number];

/** What one code means, in one list that has it: who mends it, and how. */
export type ErrorPage = { code: string; list: ErrorList; means: string; who: Mender; how: string };

const AUDIT_HOW =
  "Keep the export as it is, and compare it with an earlier one and with the heads that were kept elsewhere: who can write to the store, and since when?";

type Told = { means: string; who: string; how: string };
const TOLD: Readonly<Record<ErrorList, Readonly<Record<string, Told>>>> = {
  denial: denials,
  ...errors,
  audit: Object.fromEntries(
    Object.entries(AUDIT_PROBLEMS).map(([code, means]) => [code, { means, who: "auditor", how: AUDIT_HOW }]),
  ),
};

const OF_HOSTS: ReadonlySet<string> = new Set([...HOST_CODES, ...EGRESS_CODES]);
/** What stands for `{target}` where no single refusal is meant. */
const anyTarget = (code: string): string => (OF_HOSTS.has(code) ? "a host" : "an API");

const PAGES: readonly ErrorPage[] = ERROR_LISTS.flatMap((list) =>
  Object.entries(TOLD[list]).map(([code, { means, who, how }]) => ({
    ...{ code, list, how, who: menderOf(who) },
    means: said(means.replaceAll("{target}", anyTarget(code))),
  })),
);

/** Every code of every closed list, in the order of `ERROR_LISTS` (spec 5.55: what `help` leads to). */
export function errorPages(): readonly ErrorPage[] {
  return PAGES;
}

/** What a code means, once for each list that has it; empty for a code that none has. Letter case counts. */
export function pagesOf(code: string): readonly ErrorPage[] {
  return PAGES.filter((page) => page.code === code);
}

/** A sentence: with a capital and a full stop. */
function said(text: string): string {
  const begun = text.replace(/^[a-z]/, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x20));
  return begun.endsWith(".") ? begun : `${begun}.`;
}

function menderOf(text: string): Mender {
  const mender = MENDERS.find((one) => one === text);
  if (mender === undefined) throw new Error(`nobody is called ${text}`);
  return mender;
}
