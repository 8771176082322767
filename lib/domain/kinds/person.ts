import { z } from "zod";
import { PERSON_STATES } from "../lifecycles";
import type { MemberValues } from "../members";
import { hasPermission, ROLE_PERMISSIONS, ROLES, type Role } from "../roles";
import { readEmail, readLabel } from "../texts/name-text";
import { readChoice } from "../texts/read-parts";
import { takeParts } from "../texts/taken";
import { allowsNothing, judgeFields } from "./judge-fields";
import type { Kind } from "./kind";
import { publisherName, quoted } from "./leaf-words";
import { plainWhereNew } from "./plain-name";
import { label, text } from "./shapes";

type Person = MemberValues["person"];

/** A role that proposes or approves: giving it takes two people once set-up is done (spec §6). */
export function isDecidingRole(role: Role): boolean {
  return hasPermission(role, "changes.propose") || hasPermission(role, "changes.approve");
}

/** Whoever may enter, and decide. */
const decides = (person: Person) => person.state !== "disabled" && isDecidingRole(person.role);

/**
 * Whether the person may decide more than before, or be taken for another. A deciding person's name, e-mail and
 * publisher count too: approvals are read by the name, an identity provider knows people by their e-mail, and leaving
 * a publisher opens approvals for it. A developer's publisher is what the developer sees.
 */
function judge(before: Person | null, after: Person | null) {
  if (after === null || after.state === "disabled") return null;
  if (!decides(after)) {
    const isMoved = before !== null && before.publisherId !== after.publisherId;
    return isMoved && after.role === "developer" ? "PUBLISHER_CHANGED" : null;
  }
  if (before === null || before.state === "disabled") return "PERSON_MAY_MORE";
  return judgeFields<Person>(
    {
      email: (old = "", now = "") => (old.toLowerCase() === now.toLowerCase() ? null : "PERSON_MAY_MORE"),
      name: () => "PERSON_RENAMED",
      role: (old, now) =>
        now !== undefined &&
        ROLE_PERMISSIONS[now].some((permission) => old === undefined || !hasPermission(old, permission))
          ? "PERSON_MAY_MORE"
          : null,
      publisherId: (old) => (old === null ? null : "PERSON_MAY_MORE"),
      // Only "invited" can be left here: disabled ones were answered above.
      state: (_, now) => (now === "active" ? "PERSON_MAY_MORE" : allowsNothing()),
    },
    before,
    after,
  );
}

export const person: Kind<"person"> = {
  key: {
    owner: "person",
    part: null,
    name: () => null,
    read: (personId) => ({ kind: "person", personId }),
  },
  home: "row",
  shape: z.strictObject({
    email: z
      .string()
      .trim()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/),
    name: label,
    role: z.enum(ROLES),
    publisherId: text.nullable(),
    state: z.enum(PERSON_STATES),
  }),
  text: {
    fields: ["/email", "/name", "/role", "/publisherId", "/state"],
    write: ({ email = "", name = "", role = "", publisherId, state = "" }) => ({
      ...{ "/email": email, "/name": name, "/role": role },
      ...{ "/publisherId": publisherId ?? "", "/state": state },
    }),
    read(texts) {
      const publisherId = texts["/publisherId"] ?? "";
      return takeParts({
        email: readEmail(texts["/email"] ?? "", "/email"),
        name: readLabel(texts["/name"] ?? "", "/name"),
        role: readChoice(texts["/role"] ?? "", "/role", ROLES),
        publisherId: publisherId === "" ? { value: null, issues: [] } : readLabel(publisherId, "/publisherId"),
        state: readChoice(texts["/state"] ?? "", "/state", PERSON_STATES),
      });
    },
  },
  checkValue: { because: "its key is an id that says nothing of it" },
  checkStep({ member, value, before, after }) {
    const old = before.value(member);
    const issues = [
      ...plainWhereNew("/name", old?.name, value.name),
      ...plainWhereNew("/email", old?.email, value.email),
    ];
    const { publisherId, role } = value;
    if (publisherId !== null && after.value({ kind: "publisher", publisherId }) === null) {
      issues.push({ path: "/publisherId", code: "UNKNOWN_PUBLISHER" });
    }
    if (role === "developer" && publisherId === null) issues.push({ path: "/publisherId", code: "PUBLISHER_NEEDED" });
    return issues;
  },
  isLasting: true,
  whyNotEditable({ before, after }) {
    // Invited by a verb of its own; and only the invited themselves turn an invitation into an account.
    if (before === null) return "NOT_EDITABLE";
    const isTurned =
      (before.state === "invited" && after.state === "active") ||
      (before.state === "active" && after.state === "invited");
    return isTurned ? "PERSON_STATE" : null;
  },
  proposedBy: ["people.manage"],
  narrowedBy: ["people.manage"],
  widens: { by: "value", judge },
  document: { in: "none", because: "devices know no people" },
  words: {
    noun: (_, { name }) => quoted(name),
    headline({ before, after, say }) {
      if (after === null) return null;
      if (before === null) return `${say("Invite")} ${quoted(after.name)} as ${after.role}`;
      if (after.state === "disabled" && before.state !== "disabled") return `${say("Disable")} ${quoted(after.name)}`;
      if (before.state === "disabled" && after.state !== "disabled")
        return `${say("Enable")} ${quoted(after.name)} as ${after.role}`;
      return null;
    },
    told: ["/name"],
    inline: null,
    leaves: { "/publisherId": publisherName },
  },
};
