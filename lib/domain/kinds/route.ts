import { z } from "zod";
import type { Kind } from "./kind";

/** Printable, so that a key can be read, logged and copied. */
const PAGE = /^[\x21-\x7e]{1,256}$/;

export const route: Kind<"route"> = {
  key: {
    owner: "program",
    part: "route",
    name: ({ page }) => page,
    read: (appId, name) => (name !== null && PAGE.test(name) ? { kind: "route", appId, page: name } : null),
  },
  home: "member",
  shape: z.literal(true),
  text: { because: "no form writes it" },
  checkValue: { because: "it is there or not" },
  checkStep: { because: "which pages a bundle has is its version's" },
  isLasting: false,
  whyNotEditable: () => null,
  proposedBy: ["changes.propose"],
  narrowedBy: ["changes.narrow"],
  widens: { by: "value", judge: (_, after) => (after === null ? null : "ROUTE_ADDED") },
  document: { in: "program", put: (program, { page }) => void program.externalRoutes.push(page) },
  words: { noun: ({ page }) => `external route ${page}`, headline: () => null, told: [], inline: null, leaves: {} },
};
