import type { LimitName } from "@/native/core/codes";
import { limitShape } from "@/native/core/documents/claims-shapes";
import type { Limit } from "@/native/core/shapes/claims";
import type { Deed } from "../deeds";
import { LIMIT_FIELDS, readLimitText, writeLimitText } from "../texts/limit-text";
import { isLimitName } from "./key-names";
import type { Kind } from "./kind";

const shape = limitShape
  .strict()
  .refine((value) => value.warn === undefined || value.warn <= value.max, { path: ["warn"] });

const WHOM = { limit: "", "platform-limit": " for all programs" } as const;

function headline(
  kind: keyof typeof WHOM,
  name: LimitName,
  before: Limit | null,
  after: Limit | null,
  say: (deed: Deed) => string,
): string {
  if (after === null) return `${say("Remove")} limit ${name}${WHOM[kind]}`;
  if (before === null) return `${say("Set")} ${name}${WHOM[kind]}`;
  const deed = after.max < before.max ? "Lower" : after.max > before.max ? "Raise" : "Change";
  return `${say(deed)} ${name}${WHOM[kind]}`;
}

export const limit: Kind<"limit"> = {
  key: {
    owner: "program",
    part: "limit",
    name: ({ name }) => name,
    read: (appId, name) => (name !== null && isLimitName(name) ? { kind: "limit", appId, name } : null),
  },
  home: "member",
  shape,
  text: { fields: LIMIT_FIELDS, write: writeLimitText, read: readLimitText },
  checkValue: { because: "every limit takes every value" },
  checkStep: { because: "a limit stands for itself" },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: { by: "effect", of: "limits" },
  document: {
    in: "program",
    put(program, { name }, value) {
      program.limits[name] = value;
    },
  },
  words: {
    noun: ({ name }) => `limit ${name}`,
    headline: ({ member, before, after, say }) => headline("limit", member.name, before, after, say),
    told: [],
    inline: "/max",
    leaves: {},
  },
};

export const platformLimit: Kind<"platform-limit"> = {
  key: {
    owner: "platform",
    part: "limit",
    name: ({ name }) => name,
    read: (_, name) => (name !== null && isLimitName(name) ? { kind: "platform-limit", name } : null),
  },
  home: "member",
  shape,
  text: { fields: LIMIT_FIELDS, write: writeLimitText, read: readLimitText },
  checkValue: { because: "every limit takes every value" },
  checkStep: { because: "a limit stands for itself" },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "settings.manage"],
  widens: { by: "effect", of: "limits" },
  document: {
    in: "platform",
    put(platform, { name }, value) {
      platform.limits[name] = value;
    },
    take: (platform, { name }) => platform.limits[name] ?? null,
  },
  words: {
    noun: ({ name }) => `limit ${name} for all programs`,
    headline: ({ member, before, after, say }) => headline("platform-limit", member.name, before, after, say),
    told: [],
    inline: "/max",
    leaves: {},
  },
};
