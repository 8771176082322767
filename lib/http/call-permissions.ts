import type { consoleRoutes } from "./console-routes";

type Routes = typeof consoleRoutes;

/**
 * What each act of the console asks for, as its route says: pages offer by it, and a page that loaded the routes would load
 * every shape with them.
 */
export const CALL_PERMISSIONS = {
  confirmClock: "platform.confirm",
  resumeContinuity: "platform.confirm",
  namePlatform: "settings.manage",
  registerProgram: "programs.register",
  acknowledgeCause: "denials.acknowledge",
  reopenCause: "denials.acknowledge",
  approveSubmission: "changes.publish",
  refuseSubmission: "changes.approve",
  previewChanges: "changes.propose",
  editDraft: "changes.propose",
  proposeNow: "changes.propose",
  narrowNow: ["changes.narrow", "changes.propose"],
  discardChangeSet: "changes.propose",
  splitChangeSet: "changes.propose",
  proposeChangeSet: "changes.propose",
  withdrawChangeSet: "changes.propose",
  approveChangeSet: "changes.approve",
  refuseChangeSet: "changes.approve",
  publishChangeSet: ["changes.publish", "changes.propose"],
  narrowChangeSet: ["changes.narrow", "changes.propose"],
  undoChangeSet: ["changes.narrow", "changes.propose"],
  createPublisher: "programs.register",
  proposePublisherKey: "changes.propose",
  createPublisherToken: ["programs.register", "keys.manage"],
  revokePublisherToken: ["programs.register", "keys.manage"],
  invitePerson: "people.manage",
  createPersonLink: "people.manage",
  createPersonCode: "changes.approve",
  revokeDevice: "devices.revoke",
  createEnrolment: "devices.enrol",
} as const satisfies { readonly [Name in keyof Routes]?: Routes[Name]["permission"] };

/** An act by its name in the table of routes. */
export type ConsoleAct = keyof typeof CALL_PERMISSIONS;
