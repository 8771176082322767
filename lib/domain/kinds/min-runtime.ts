import { z } from "zod";
import { RUNTIME_KINDS } from "@/native/core/codes";
import type { Kind } from "./kind";

const RUNTIME = /^[a-z]{1,32}$/;

export const minRuntime: Kind<"min-runtime"> = {
  key: {
    owner: "platform",
    part: "min-runtime",
    name: ({ runtime }) => runtime,
    read: (_, name) => (name !== null && RUNTIME.test(name) ? { kind: "min-runtime", runtime: name } : null),
  },
  home: "member",
  shape: z.string().regex(/^(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}$/),
  text: { because: "no form writes it" },
  checkValue: ({ runtime }) =>
    (RUNTIME_KINDS as readonly string[]).includes(runtime) ? [] : [{ path: "", code: "FORMAT" }],
  checkStep: { because: "a version that nobody ships yet may be asked for: older ones stop" },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "settings.manage"],
  widens: {
    by: "value",
    judge: (before, after) =>
      before !== null && (after === null || isLower(after, before)) ? "RUNTIME_LOWERED" : null,
  },
  document: {
    in: "platform",
    put(platform, { runtime }, value) {
      platform.minRuntime[runtime] = value;
    },
    take: (platform, { runtime }) => platform.minRuntime[runtime] ?? null,
  },
  words: {
    noun: ({ runtime }) => `minimum ${runtime} runtime`,
    headline: () => null,
    told: [],
    inline: "",
    leaves: {},
  },
};

function isLower(a: string, b: string): boolean {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0);
}
