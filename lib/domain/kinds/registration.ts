import { z } from "zod";
import { readLabel } from "../texts/name-text";
import { takeParts } from "../texts/taken";
import { always, judgeFields } from "./judge-fields";
import type { Kind } from "./kind";
import { publisherName } from "./leaf-words";
import { plainWhereNew } from "./plain-name";
import { label, text } from "./shapes";

export const registration: Kind<"registration"> = {
  key: {
    owner: "program",
    part: "registration",
    name: () => null,
    read: (appId, name) => (name === null ? { kind: "registration", appId } : null),
  },
  home: "row",
  shape: z.strictObject({ publisherId: text, name: label }),
  text: {
    fields: ["/publisherId", "/name"],
    write: ({ publisherId = "", name = "" }) => ({ "/publisherId": publisherId, "/name": name }),
    read: (texts) =>
      takeParts({
        publisherId: readLabel(texts["/publisherId"] ?? "", "/publisherId"),
        name: readLabel(texts["/name"] ?? "", "/name"),
      }),
  },
  checkValue: { because: "its key is the program's id, which is its owner" },
  checkStep({ member, value, before, after }) {
    const old = before.value(member);
    const issues = plainWhereNew("/name", old?.name, value.name);
    const isKnown = after.value({ kind: "publisher", publisherId: value.publisherId }) !== null;
    if (!isKnown) issues.push({ path: "/publisherId", code: "UNKNOWN_PUBLISHER" });
    if (old !== null && old.publisherId !== value.publisherId) {
      issues.push({ path: "/publisherId", code: "PUBLISHER_FIXED" });
    }
    return issues;
  },
  isLasting: true,
  // One comes into being by a verb of its own.
  whyNotEditable: ({ before }) => (before === null ? "NOT_EDITABLE" : null),
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge(before, after) {
      // A program that nothing was decided about may do nothing.
      if (before === null) return null;
      if (after === null) return "PUBLISHER_CHANGED";
      return judgeFields({ publisherId: always("PUBLISHER_CHANGED"), name: always("NAME_CHANGED") }, before, after);
    },
  },
  document: {
    in: "program",
    put(program, _member, value) {
      program.registration = value;
    },
  },
  words: {
    noun: ({ appId }) => `registration of ${appId}`,
    headline: ({ member, before, say }) => (before === null ? `${say("Register")} ${member.appId}` : null),
    told: [],
    inline: null,
    leaves: { "/publisherId": publisherName },
  },
};
