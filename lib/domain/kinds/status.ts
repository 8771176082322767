import { z } from "zod";
import type { ProgramStatus } from "@/native/core/shapes/claims";
import type { Kind } from "./kind";

/** From what runs to what will never run again; a program that nobody stopped is active. */
const ORDER: readonly ProgramStatus[] = ["active", "suspended", "retired"];
const placeOf = (status: ProgramStatus | null) => ORDER.indexOf(status ?? "active");

export const status: Kind<"status"> = {
  key: {
    owner: "program",
    part: "status",
    name: () => null,
    read: (appId, name) => (name === null ? { kind: "status", appId } : null),
  },
  home: "row",
  shape: z.enum(["active", "suspended", "retired"]),
  text: { because: "it is chosen by a button" },
  checkValue: { because: "its key is the program's id, which is its owner" },
  checkStep: { because: "whether the program is registered is asked of every program that a step touches" },
  isLasting: true,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: {
    by: "value",
    judge: (before, after) => (placeOf(after) < placeOf(before) ? "STATUS_LIFTED" : null),
  },
  document: {
    in: "program",
    put(program, _member, value) {
      program.status = value;
    },
  },
  words: {
    noun: () => "status",
    headline({ before, after, say }) {
      if (after === "suspended") return say("Suspend");
      if (after === "retired") return say("Retire");
      return before === "suspended" ? `${say("Lift")} the suspension` : `${say("Make")} active`;
    },
    told: [],
    inline: null,
    leaves: {},
  },
};
