import { versionShape } from "@/native/core/documents/claims-shapes";
import type { ProgramVersion } from "@/native/core/shapes/claims";
import { always, judgeFields } from "./judge-fields";
import type { FieldJudges, Kind } from "./kind";
import { quoted } from "./leaf-words";

const CODE = /^(?:0|[1-9][0-9]{0,15})$/;
const another = always("VERSION_ADDED");

const FIELDS: FieldJudges<ProgramVersion> = {
  code: another,
  name: another,
  sha256: another,
  size: another,
  kid: another,
  declares: (before = [], after = []) => (after.every((capability) => before.includes(capability)) ? null : another()),
};

export const version: Kind<"version"> = {
  key: {
    owner: "program",
    part: "version",
    name: ({ code }) => String(code),
    read(appId, name) {
      const code = Number(name);
      return name !== null && CODE.test(name) && Number.isSafeInteger(code) ? { kind: "version", appId, code } : null;
    },
  },
  home: "row",
  shape: versionShape.strict(),
  text: { because: "a submission brings it" },
  checkValue: (member, value) => (value.code === member.code ? [] : [{ path: "/code", code: "FORMAT" }]),
  checkStep: { because: "its key is looked up among the publisher's with the whole program" },
  isLasting: false,
  // Versions are submitted and listed.
  whyNotEditable: () => "NOT_EDITABLE",
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge(before, after) {
      if (after === null) return null;
      return before === null ? "VERSION_ADDED" : judgeFields(FIELDS, before, after);
    },
  },
  document: { in: "program", put: (program, _member, value) => void program.versions.push(value) },
  words: {
    noun: (_, { name }) => `version ${quoted(name)}`,
    headline: ({ before, after, say }) =>
      before === null && after !== null ? `${say("List")} version ${quoted(after.name)}` : null,
    told: ["/name"],
    inline: null,
    leaves: {},
  },
};
