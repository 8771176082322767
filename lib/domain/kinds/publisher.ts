import { z } from "zod";
import { readLabel } from "../texts/name-text";
import { takeParts } from "../texts/taken";
import { always, judgeFields } from "./judge-fields";
import type { Kind } from "./kind";
import { quoted } from "./leaf-words";
import { plainWhereNew } from "./plain-name";
import { label } from "./shapes";

export const publisher: Kind<"publisher"> = {
  key: {
    owner: "publisher",
    part: null,
    name: () => null,
    read: (publisherId) => ({ kind: "publisher", publisherId }),
  },
  home: "row",
  shape: z.strictObject({ name: label }),
  text: {
    fields: ["/name"],
    write: ({ name = "" }) => ({ "/name": name }),
    read: (texts) => takeParts({ name: readLabel(texts["/name"] ?? "", "/name") }),
  },
  checkValue: { because: "its key is an id that says nothing of it" },
  // That names are unique is the verb's that makes one, and the store's.
  checkStep: ({ member, value, before }) => plainWhereNew("/name", before.value(member)?.name, value.name),
  isLasting: true,
  // One comes into being by a verb of its own.
  whyNotEditable: ({ before }) => (before === null ? "NOT_EDITABLE" : null),
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge: (before, after) =>
      before === null || after === null ? null : judgeFields({ name: always("NAME_CHANGED") }, before, after),
  },
  document: { in: "none", because: "devices know publishers by their keys" },
  words: {
    noun: (_, { name }) => `publisher ${quoted(name)}`,
    headline: () => null,
    told: ["/name"],
    inline: null,
    leaves: {},
  },
};
