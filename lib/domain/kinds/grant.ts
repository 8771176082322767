import { coversMediaType, findUntakenConstraints } from "@/native/core/decide/check-constraints";
import { grantShape } from "@/native/core/documents/claims-shapes";
import type { Constraints, Grant } from "@/native/core/shapes/claims";
import { GRANT_FIELDS, readGrantText, writeGrantText } from "../texts/grant-text";
import { always, judgeFields } from "./judge-fields";
import type { FieldJudges, Kind } from "./kind";
import { moment } from "./leaf-words";
import { sorted } from "./shapes";

const CAPABILITY = /^[a-z]+(?:\.[a-z]+)+$/;
const wider = always("GRANT_WIDER");
const unless = (isWithin: boolean) => (isWithin ? null : wider());

/** A constraint that was there and is not, or allows a greater number, allows more; a new one allows less. */
const atMost = (before: number | undefined, after: number | undefined) =>
  unless(before === undefined || (after !== undefined && after <= before));
const atLeast = (before: number | undefined, after: number | undefined) =>
  unless(before === undefined || (after !== undefined && after >= before));
const kept = (before: unknown, after: unknown) => unless(before === undefined || before === after);
const among =
  (covers: (pattern: string, item: string) => boolean) => (before: string[] | undefined, after: string[] | undefined) =>
    unless(before === undefined || after?.every((item) => before.some((pattern) => covers(pattern, item))) === true);

const CONSTRAINTS: FieldJudges<Constraints> = {
  perMinute: atMost,
  perDay: atMost,
  foregroundOnly: kept,
  gestureRequired: kept,
  maxBytes: atMost,
  mediaTypes: among(coversMediaType),
  precisionMetres: atLeast,
  maxAmountMinor: atMost,
  currency: kept,
  fields: among((pattern, item) => pattern === item),
};

const FIELDS: FieldJudges<Grant> = {
  consent: (_, after) => unless(after === "ask"),
  until: atMost,
  constraints: (before, after) => judgeFields(CONSTRAINTS, before ?? {}, after ?? {}),
};

/** No constraints and an empty list of them are one decision. */
function canonical({ constraints, ...grant }: Grant): Grant {
  if (constraints === undefined || Object.keys(constraints).length === 0) return grant;
  const lists: Pick<Constraints, "mediaTypes" | "fields"> = {
    ...(constraints.mediaTypes === undefined ? {} : { mediaTypes: sorted(constraints.mediaTypes) }),
    ...(constraints.fields === undefined ? {} : { fields: sorted(constraints.fields) }),
  };
  return { ...grant, constraints: { ...constraints, ...lists } };
}

/** The grant after allows a call, at any time and in any context, that the grant before is not proven to allow. */
export function isGrantWider(before: Grant, after: Grant): boolean {
  return judgeFields(FIELDS, before, after) !== null;
}

export const grant: Kind<"grant"> = {
  key: {
    owner: "program",
    part: "grant",
    name: ({ capability }) => capability,
    read: (appId, name) => (name !== null && CAPABILITY.test(name) ? { kind: "grant", appId, capability: name } : null),
  },
  home: "member",
  shape: grantShape
    .refine((value) => value.until === undefined || value.until > 0, { path: ["until"] })
    .transform(canonical),
  text: { fields: GRANT_FIELDS, write: writeGrantText, read: readGrantText },
  checkValue: { because: "which constraints a capability takes is the catalogue's, asked in the step" },
  checkStep({ member, value, rules }) {
    const kinds = rules.constraintsOf(member.capability);
    if (kinds === null) return [{ path: "", code: "UNKNOWN_CAPABILITY" }];
    return findUntakenConstraints(kinds, value.constraints ?? {}).map((name) => ({
      path: `/constraints/${name}`,
      code: "UNKNOWN_CONSTRAINT",
    }));
  },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge(before, after) {
      if (after === null) return null;
      return before === null ? "GRANT_ADDED" : judgeFields(FIELDS, before, after);
    },
  },
  document: {
    in: "program",
    put(program, { capability }, value) {
      program.grants[capability] = value;
    },
  },
  words: {
    noun: ({ capability }) => `grant ${capability}`,
    headline({ member, before, after, say }) {
      if (before === null) return `${say("Grant")} ${member.capability}`;
      if (after === null) return null;
      return `${say(isGrantWider(before, after) ? "Widen" : "Narrow")} grant ${member.capability}`;
    },
    told: [],
    inline: null,
    leaves: { "/until": moment },
  },
};
