import { z } from "zod";
import type { Kind } from "./kind";
import { personName } from "./leaf-words";

/**
 * A sign-in that is locked: its person's sessions and links have ended, and none begins. Whoever may narrow or manages
 * people locks alone, because a stolen session must be stopped by whoever notices it; opening it again takes two.
 */
export const signInLock: Kind<"sign-in-lock"> = {
  key: {
    owner: "person",
    part: "sign-in-lock",
    name: () => null,
    read: (personId, name) => (name === null ? { kind: "sign-in-lock", personId } : null),
  },
  home: "row",
  shape: z.literal(true),
  text: { because: "it is set by a button" },
  checkValue: { because: "it is there or not" },
  checkStep: ({ member, before }) =>
    before.value({ kind: "person", personId: member.personId }) === null ? [{ path: "", code: "UNKNOWN_PERSON" }] : [],
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["people.manage", "changes.propose"],
  narrowedBy: ["people.manage", "changes.narrow"],
  widens: { by: "value", judge: (_, after) => (after === null ? "SIGN_IN_UNLOCKED" : null) },
  document: { in: "none", because: "devices know no people" },
  words: {
    noun: ({ personId }, _value, names) => `lock of the sign-in of ${personName(personId, names)}`,
    headline: ({ member, after, names, say }) =>
      `${say(after === null ? "Unlock" : "Lock")} the sign-in of ${personName(member.personId, names)}`,
    told: [],
    inline: null,
    leaves: {},
  },
};
