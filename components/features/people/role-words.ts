import type { Role } from "@/lib/domain/roles";

/** What a role may do, in a few words. */
export const ROLE_WORDS: Record<Role, string> = {
  admin: "people and settings, propose",
  operator: "propose, approve, publish, narrow",
  security: "narrow, suspend, propose, approve",
  developer: "own publisher's programs",
  auditor: "read all",
};
