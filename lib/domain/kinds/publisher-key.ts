import { z } from "zod";
import { barePublicKeyShape } from "@/native/core/crypto/public-key";
import { KEY_FIELDS, readKeyText, writeKeyText } from "../texts/key-text";
import { always, judgeFields } from "./judge-fields";
import type { Kind } from "./kind";
import { publisherName } from "./leaf-words";

const KID = /^[A-Za-z0-9_-]{1,128}$/;

export const publisherKey: Kind<"publisher-key"> = {
  key: {
    owner: "publisher",
    part: "key",
    name: ({ kid }) => kid,
    read: (publisherId, kid) => (kid !== null && KID.test(kid) ? { kind: "publisher-key", publisherId, kid } : null),
  },
  home: "row",
  shape: z.strictObject({ jwk: barePublicKeyShape, status: z.enum(["active", "revoked"]) }),
  text: { fields: KEY_FIELDS, write: writeKeyText, read: readKeyText },
  checkValue: { because: "that the id is the key's thumbprint is checked by the verb that reads its PEM" },
  checkStep({ member, value, before, after }) {
    const issues = [];
    const taken = before.entries("publisher-key").find((other) => other.member.kid === member.kid);
    if (after.value({ kind: "publisher", publisherId: member.publisherId }) === null) {
      issues.push({ path: "", code: "UNKNOWN_PUBLISHER" });
    }
    if (taken !== undefined && taken.member.publisherId !== member.publisherId) {
      issues.push({ path: "", code: "KEY_TAKEN" });
    }
    if (taken !== undefined && taken.value.jwk.x + taken.value.jwk.y !== value.jwk.x + value.jwk.y) {
      issues.push({ path: "/jwk", code: "KEY_FIXED" });
    }
    return issues;
  },
  isLasting: true,
  whyNotEditable: ({ before, isOwnKey }) => (before === null && !isOwnKey ? "NOT_EDITABLE" : null),
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "keys.manage"],
  widens: {
    by: "value",
    judge(before, after) {
      if (after === null || after.status === "revoked") return null;
      if (before === null) return "KEY_ADDED";
      return judgeFields({ jwk: always("KEY_ADDED"), status: always("KEY_ADDED") }, before, after);
    },
  },
  document: { in: "none", because: "a program's document has the keys of the publisher that its registration names" },
  words: {
    noun: ({ publisherId, kid }, _value, names) => `key of ${publisherName(publisherId, names)}, ${kid}`,
    headline: ({ member, before, after, names, say }) =>
      before !== null && after?.status === "revoked" && before.status !== "revoked"
        ? `${say("Revoke")} key of ${publisherName(member.publisherId, names)}, ${member.kid}`
        : null,
    told: [],
    inline: null,
    leaves: {},
  },
};
