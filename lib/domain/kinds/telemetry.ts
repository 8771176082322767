import { z } from "zod";
import { PLATFORM_DEFAULTS } from "../platform-defaults";
import { judgeFields } from "./judge-fields";
import type { Kind } from "./kind";

const unless = (isAsMuch: boolean) => (isAsMuch ? null : "TELEMETRY_LESS");

export const telemetry: Kind<"telemetry"> = {
  key: {
    owner: "platform",
    part: "telemetry",
    name: () => null,
    read: (_, name) => (name === null ? { kind: "telemetry" } : null),
  },
  home: "member",
  shape: z.strictObject({ intervalSeconds: z.int().min(1).max(3600), sampling: z.int().min(0).max(100) }),
  text: { because: "no form writes it" },
  checkValue: { because: "the platform has one" },
  checkStep: { because: "it stands for itself" },
  isLasting: true,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "settings.manage"],
  widens: {
    by: "value",
    // Seeing less is no call allowed, and still nothing that one person should do to everybody's sight.
    judge: (before, after) =>
      judgeFields(
        {
          intervalSeconds: (old = 0, now = Number.POSITIVE_INFINITY) => unless(now <= old),
          sampling: (old = 100, now = 0) => unless(now >= old),
        },
        before ?? PLATFORM_DEFAULTS.telemetry,
        after ?? PLATFORM_DEFAULTS.telemetry,
      ),
  },
  document: {
    in: "platform",
    put(platform, _member, value) {
      platform.telemetry = value;
    },
    take: (platform) => platform.telemetry,
  },
  words: {
    noun: () => "telemetry",
    headline: ({ say }) => `${say("Set")} telemetry`,
    told: [],
    inline: null,
    leaves: { "/intervalSeconds": (value) => `${value} s`, "/sampling": (value) => `${value} %` },
  },
};
