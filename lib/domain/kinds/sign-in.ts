import { z } from "zod";
import type { Kind } from "./kind";
import { personName } from "./leaf-words";

export const signIn: Kind<"sign-in"> = {
  key: {
    owner: "person",
    part: "sign-in",
    name: () => null,
    read: (personId, name) => (name === null ? { kind: "sign-in", personId } : null),
  },
  home: "row",
  shape: z.strictObject({ purpose: z.enum(["invite", "reset"]) }),
  text: { because: "it is given by a button" },
  checkValue: { because: "its key is the person's id, which is its owner" },
  checkStep: ({ member, before }) =>
    before.value({ kind: "person", personId: member.personId }) === null ? [{ path: "", code: "UNKNOWN_PERSON" }] : [],
  isLasting: true,
  whyNotEditable: () => null,
  proposedBy: ["people.manage"],
  narrowedBy: ["people.manage"],
  widens: { by: "value", judge: (_, after) => (after === null ? null : "SIGN_IN_GIVEN") },
  document: { in: "none", because: "it is spent by joining, or by a new password" },
  words: {
    noun: ({ personId }, _value, names) => `sign-in of ${personName(personId, names)}`,
    headline: ({ member, after, names, say }) => {
      const name = personName(member.personId, names);
      if (after === null) return null;
      return after.purpose === "reset"
        ? `${say("Allow")} one reset of the sign-in of ${name}`
        : `${say("Allow")} one new invitation of ${name}`;
    },
    told: [],
    inline: null,
    leaves: {},
  },
};
