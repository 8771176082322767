import { z } from "zod";
import { isAppId } from "@/native/core/manifest/app-id";
import { isPlainText } from "@/native/core/text/plain-text";
import { LIST_MAX } from "../texts/bounds";
import { judgeFields } from "./judge-fields";
import type { Kind } from "./kind";
import { sorted, text } from "./shapes";

export const receiver: Kind<"receiver"> = {
  key: {
    owner: "program",
    part: "receiver",
    name: ({ fromAppId }) => fromAppId,
    read: (appId, name) => (name !== null && isAppId(name) ? { kind: "receiver", appId, fromAppId: name } : null),
  },
  home: "member",
  shape: z.strictObject({ actions: z.array(text).min(1).max(LIST_MAX).transform(sorted) }),
  text: { because: "no form writes it" },
  checkValue: { because: "every sender may be heard" },
  // A sender need not be registered yet: what nobody sends is not received.
  checkStep({ member, value, before }) {
    const known = before.value(member)?.actions ?? [];
    const strange = value.actions.some((action) => !known.includes(action) && !isPlainText(action));
    return strange ? [{ path: "/actions", code: "TEXT_NOT_PLAIN" }] : [];
  },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge(before, after) {
      if (after === null) return null;
      if (before === null) return "RECEIVER_ADDED";
      return judgeFields(
        {
          actions: (old = [], now = []) => (now.every((action) => old.includes(action)) ? null : "RECEIVER_ADDED"),
        },
        before,
        after,
      );
    },
  },
  document: {
    in: "program",
    put: (program, { fromAppId }, { actions }) => void program.receives.push({ from: fromAppId, actions }),
  },
  words: {
    noun: ({ fromAppId }, _value, names) => {
      const name = names.program(fromAppId);
      return `receiver for ${name === null ? fromAppId : `${name} (${fromAppId})`}`;
    },
    headline: () => null,
    told: [],
    inline: null,
    leaves: {},
  },
};
