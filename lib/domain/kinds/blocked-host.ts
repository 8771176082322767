import { z } from "zod";
import { readHostName } from "@/native/core/decide/host-name";
import type { Kind } from "./kind";

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])$/;

export const blockedHost: Kind<"blocked-host"> = {
  key: {
    owner: "platform",
    part: "blocked-host",
    name: ({ host }) => host,
    read: (_, name) => (name !== null && HOST.test(name) ? { kind: "blocked-host", host: name } : null),
  },
  home: "member",
  shape: z.literal(true),
  text: { because: "its host is its key, read by readHosts" },
  checkValue: { because: "it is there or not" },
  // A block covers every name below it, so one label is enough.
  checkStep: ({ member }) =>
    readHostName(`x.${member.host}`) === undefined ? [{ path: "", code: "HOST_MALFORMED" }] : [],
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow", "settings.manage"],
  widens: { by: "effect", of: "blocks" },
  document: {
    in: "platform",
    put: (platform, { host }) => void platform.blockedHosts.push(host),
    take: (platform, { host }) => (platform.blockedHosts.includes(host) ? true : null),
  },
  words: {
    noun: ({ host }) => `block of ${host}`,
    headline: ({ member, after, say }) =>
      after === null ? `${say("Unblock")} ${member.host}` : `${say("Block")} ${member.host} for all programs`,
    told: [],
    inline: null,
    leaves: {},
  },
};
