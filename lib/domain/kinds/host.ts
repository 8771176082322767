import { HOST_PURPOSES } from "@/native/core/codes";
import { hostRuleShape } from "@/native/core/documents/claims-shapes";
import type { HostRule } from "@/native/core/shapes/claims";
import { LIST_MAX } from "../texts/bounds";
import { HOST_FIELDS, readHostText, writeHostText } from "../texts/host-text";
import { ID } from "./key-names";
import type { Kind } from "./kind";
import { moment } from "./leaf-words";
import { sorted } from "./shapes";

function canonical(rule: HostRule): HostRule {
  return {
    ...rule,
    ports: sorted(rule.ports),
    purposes: HOST_PURPOSES.filter((purpose) => rule.purposes.includes(purpose)),
    ...(rule.pins === undefined ? {} : { pins: { ...rule.pins, sha256: sorted(rule.pins.sha256) } }),
  };
}

export const host: Kind<"host"> = {
  key: {
    owner: "program",
    part: "host",
    name: ({ ruleId }) => ruleId,
    read: (appId, name) => (name !== null && ID.test(name) ? { kind: "host", appId, ruleId: name } : null),
  },
  home: "member",
  // A rule that could never match, or pins that nothing could meet, are mistakes of whoever wrote them.
  shape: hostRuleShape
    .refine((rule) => rule.ports.length > 0 && rule.ports.length <= LIST_MAX, { path: ["ports"] })
    .refine((rule) => rule.purposes.length > 0, { path: ["purposes"] })
    .refine((rule) => rule.until === undefined || rule.until > 0, { path: ["until"] })
    .refine((rule) => rule.fromVersion === undefined || rule.fromVersion > 0, { path: ["fromVersion"] })
    .refine((rule) => rule.pins === undefined || (rule.pins.sha256.length > 0 && rule.pins.until > 0), {
      path: ["pins"],
    })
    .transform(canonical),
  text: { fields: HOST_FIELDS, write: writeHostText, read: readHostText },
  checkValue: { because: "its key is an id that says nothing of it" },
  checkStep: { because: "its shape is the verifier's; what rules are together is checked with their program" },
  isLasting: false,
  // Nobody chooses the id of a rule.
  whyNotEditable: ({ before, isOwnKey }) => (before === null && !isOwnKey ? "UNKNOWN_RULE" : null),
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: { by: "effect", of: "hosts" },
  document: {
    in: "program",
    put: (program, { ruleId }, rule) => void program.hosts.push({ ruleId, rule }),
  },
  words: {
    noun: (_, rule) => `host ${rule.host}`,
    headline: () => null,
    told: ["/host"],
    inline: null,
    leaves: { "/until": moment, "/pins/until": moment },
  },
};
