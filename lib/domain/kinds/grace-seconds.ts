import { z } from "zod";
import { PLATFORM_DEFAULTS } from "../platform-defaults";
import type { Kind } from "./kind";

const inForce = (seconds: number | null) => seconds ?? PLATFORM_DEFAULTS.graceSeconds;

export const graceSeconds: Kind<"grace-seconds"> = {
  key: {
    owner: "platform",
    part: "grace-seconds",
    name: () => null,
    read: (_, name) => (name === null ? { kind: "grace-seconds" } : null),
  },
  home: "member",
  shape: z
    .int()
    .min(0)
    .max(30 * 86_400),
  text: { because: "no form writes it" },
  checkValue: { because: "the platform has one" },
  checkStep: { because: "it stands for itself" },
  isLasting: true,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "settings.manage"],
  // Where nobody decided, the shipped one is in force.
  widens: { by: "value", judge: (before, after) => (inForce(after) > inForce(before) ? "GRACE_LONGER" : null) },
  document: {
    in: "platform",
    put(platform, _member, value) {
      platform.graceSeconds = value;
    },
    take: (platform) => platform.graceSeconds,
  },
  words: {
    noun: () => "grace period",
    headline: ({ say }) => `${say("Set")} the grace period`,
    told: [],
    inline: "",
    leaves: { "": (value) => (Number(value) % 3600 === 0 ? `${Number(value) / 3600} h` : `${value} s`) },
  },
};
