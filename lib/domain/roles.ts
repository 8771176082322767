/** The five roles of the contract (§6), in the order in which lists show them. */
export const ROLES = ["admin", "operator", "security", "developer", "auditor"] as const;
export type Role = (typeof ROLES)[number];

/** What a signed-in person may ask for. Every handler names one of these; what is not granted here is denied. */
export const PERMISSIONS = [
  "console.read",
  "portal.read",
  "audit.read",
  "people.read",
  "people.manage",
  "changes.propose",
  "changes.approve",
  "changes.publish",
  "changes.narrow",
  "programs.register",
  "devices.read",
  "devices.enrol",
  "devices.revoke",
  "keys.manage",
  "settings.manage",
  "platform.confirm",
  "denials.acknowledge",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/**
 * Contract §6. Admins keep people, keys and settings and propose, but never approve. Developers see
 * the portal and nothing of the console: there they are held to their own publisher's programs.
 */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  admin: [
    "console.read",
    "audit.read",
    "people.read",
    "people.manage",
    "changes.propose",
    "devices.read",
    "devices.enrol",
    "devices.revoke",
    "keys.manage",
    "settings.manage",
    "platform.confirm",
  ],
  operator: [
    "console.read",
    "audit.read",
    "people.read",
    "changes.propose",
    "changes.approve",
    "changes.publish",
    "changes.narrow",
    "programs.register",
    "devices.read",
    "devices.enrol",
    "devices.revoke",
    "platform.confirm",
    "denials.acknowledge",
  ],
  security: [
    "console.read",
    "audit.read",
    "people.read",
    "changes.propose",
    "changes.approve",
    "changes.narrow",
    "devices.read",
    "devices.revoke",
    "denials.acknowledge",
  ],
  developer: ["portal.read"],
  auditor: ["console.read", "audit.read", "people.read", "devices.read"],
};

export function hasPermission(role: Role, permission: Permission): boolean {
  return ROLE_PERMISSIONS[role].includes(permission);
}

/** Whom a call is for: who holds a permission, or one of several, or everybody who is signed in. */
export type Admission = Permission | readonly Permission[] | "signed-in";

/** Whether a call is for whoever holds these. Doors refuse by this answer, and pages offer by it: there is no other. */
export function admits(admission: Admission, held: readonly Permission[]): boolean {
  if (admission === "signed-in") return true;
  const wanted = typeof admission === "string" ? [admission] : admission;
  return wanted.some((permission) => held.includes(permission));
}

/** Who acts. `system` signs and repairs; a `device` or `publisher` speaks through its own door. */
export type Actor =
  | {
      kind: "person";
      personId: string;
      name: string;
      email: string;
      role: Role;
      publisherId: string | null;
      sessionId: string;
    }
  /** `personId` made the token. */
  | { kind: "publisher"; publisherId: string; tokenId: string; personId: string }
  | { kind: "device"; deviceId: string }
  | { kind: "system"; name: string };
