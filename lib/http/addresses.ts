import { addressed } from "./route-address";
import type { auditRoutes as AuditRoutes } from "./routes/audit";
import type { changeSetsRoutes as ChangeSetsRoutes } from "./routes/change-sets";
import type { denialsRoutes as DenialsRoutes } from "./routes/denials";
import type { devicesRoutes as DevicesRoutes } from "./routes/devices";
import type { overviewRoutes as OverviewRoutes } from "./routes/overview";
import type { peopleRoutes as PeopleRoutes } from "./routes/people";
import type { platformRoutes as PlatformRoutes } from "./routes/platform";
import type { portalRoutes as PortalRoutes } from "./routes/portal";
import type { programsRoutes as ProgramsRoutes } from "./routes/programs";
import type { publishersRoutes as PublishersRoutes } from "./routes/publishers";
import type { readinessRoutes as ReadinessRoutes } from "./routes/readiness";
import type { reportingRoutes as ReportingRoutes } from "./routes/reporting";
import type { searchRoutes as SearchRoutes } from "./routes/search";
import type { sessionRoutes as SessionRoutes } from "./routes/session";
import type { submissionsRoutes as SubmissionsRoutes } from "./routes/submissions";

/*
 * Where each call of the console goes: all that a browser needs of a route at run time, whose shapes weigh more than its
 * pages. An address that is not the described one does not compile.
 */

export const auditRoutes = addressed<typeof AuditRoutes>({
  listAudit: "GET /api/console/v1/audit",
  getAuditEntry: "GET /api/console/v1/audit/{sequence}",
  verifyAudit: "GET /api/console/v1/audit/verify",
  exportAudit: "GET /api/console/v1/audit/export",
});

export const changeSetsRoutes = addressed<typeof ChangeSetsRoutes>({
  listChangeSets: "GET /api/console/v1/change-sets",
  getDraft: "GET /api/console/v1/change-sets/draft",
  getChangeSet: "GET /api/console/v1/change-sets/{id}",
  previewChanges: "POST /api/console/v1/change-sets/preview",
  editDraft: "POST /api/console/v1/change-sets/edit",
  proposeNow: "POST /api/console/v1/change-sets/propose",
  narrowNow: "POST /api/console/v1/change-sets/narrow",
  discardChangeSet: "POST /api/console/v1/change-sets/{id}/discard",
  splitChangeSet: "POST /api/console/v1/change-sets/{id}/split",
  proposeChangeSet: "POST /api/console/v1/change-sets/{id}/propose",
  withdrawChangeSet: "POST /api/console/v1/change-sets/{id}/withdraw",
  approveChangeSet: "POST /api/console/v1/change-sets/{id}/approve",
  refuseChangeSet: "POST /api/console/v1/change-sets/{id}/refuse",
  publishChangeSet: "POST /api/console/v1/change-sets/{id}/publish",
  narrowChangeSet: "POST /api/console/v1/change-sets/{id}/narrow",
  undoChangeSet: "POST /api/console/v1/change-sets/{id}/undo",
});

export const denialsRoutes = addressed<typeof DenialsRoutes>({
  listDenials: "GET /api/console/v1/denials",
  getDenial: "GET /api/console/v1/denials/{denialId}",
  acknowledgeCause: "POST /api/console/v1/programs/{appId}/causes/{cause}/acknowledge",
  reopenCause: "POST /api/console/v1/programs/{appId}/causes/{cause}/reopen",
});

export const devicesRoutes = addressed<typeof DevicesRoutes>({
  listDevices: "GET /api/console/v1/devices",
  getDevice: "GET /api/console/v1/devices/{id}",
  revokeDevice: "POST /api/console/v1/devices/{id}/revoke",
  createEnrolment: "POST /api/console/v1/enrolments",
});

export const overviewRoutes = addressed<typeof OverviewRoutes>({
  getOverview: "GET /api/console/v1/overview",
});

export const peopleRoutes = addressed<typeof PeopleRoutes>({
  listPeople: "GET /api/console/v1/people",
  getPerson: "GET /api/console/v1/people/{id}",
  invitePerson: "POST /api/console/v1/people",
  createPersonLink: "POST /api/console/v1/people/{id}/link",
  createPersonCode: "POST /api/console/v1/people/{id}/code",
});

export const platformRoutes = addressed<typeof PlatformRoutes>({
  namePlatform: "POST /api/console/v1/platform/name",
});

export const portalRoutes = addressed<typeof PortalRoutes>({
  listPortalPrograms: "GET /api/console/v1/portal/programs",
  getPortalProgram: "GET /api/console/v1/portal/programs/{appId}",
  getPortalQuota: "GET /api/console/v1/portal/programs/{appId}/quota",
  listPortalDenials: "GET /api/console/v1/portal/programs/{appId}/denials",
  getPortalPublished: "GET /api/console/v1/portal/programs/{appId}/published",
  getPortalDenial: "GET /api/console/v1/portal/denials/{denialId}",
});

export const programsRoutes = addressed<typeof ProgramsRoutes>({
  listPrograms: "GET /api/console/v1/programs",
  registerProgram: "POST /api/console/v1/programs",
  getProgram: "GET /api/console/v1/programs/{appId}",
  listVersions: "GET /api/console/v1/programs/{appId}/versions",
  getAccess: "GET /api/console/v1/programs/{appId}/access",
  getLimits: "GET /api/console/v1/programs/{appId}/limits",
  getTelemetry: "GET /api/console/v1/programs/{appId}/telemetry",
  listProgramDenials: "GET /api/console/v1/programs/{appId}/denials",
  exportTelemetry: "GET /api/console/v1/programs/{appId}/telemetry/export",
  exportProgramDenials: "GET /api/console/v1/programs/{appId}/denials/export",
  getSpread: "GET /api/console/v1/programs/{appId}/spread",
});

export const publishersRoutes = addressed<typeof PublishersRoutes>({
  listPublishers: "GET /api/console/v1/publishers",
  getPublisher: "GET /api/console/v1/publishers/{id}",
  createPublisher: "POST /api/console/v1/publishers",
  proposePublisherKey: "POST /api/console/v1/publishers/{id}/keys",
  createPublisherToken: "POST /api/console/v1/publishers/{id}/tokens",
  revokePublisherToken: "DELETE /api/console/v1/publishers/{id}/tokens/{tokenId}",
});

export const readinessRoutes = addressed<typeof ReadinessRoutes>({
  getReadiness: "GET /api/console/v1/readiness",
  getClock: "GET /api/console/v1/clock",
  confirmClock: "POST /api/console/v1/clock/confirm",
  getContinuity: "GET /api/console/v1/continuity",
  resumeContinuity: "POST /api/console/v1/continuity/resume",
});

export const reportingRoutes = addressed<typeof ReportingRoutes>({
  getReporting: "GET /api/console/v1/reporting",
});

export const searchRoutes = addressed<typeof SearchRoutes>({
  search: "GET /api/console/v1/search",
});

export const sessionRoutes = addressed<typeof SessionRoutes>({
  getSession: "GET /api/console/v1/session",
  switchPerson: "POST /api/console/v1/session/switch",
  signOut: "DELETE /api/console/v1/session",
});

export const submissionsRoutes = addressed<typeof SubmissionsRoutes>({
  approveSubmission: "POST /api/console/v1/submissions/{id}/approve",
  refuseSubmission: "POST /api/console/v1/submissions/{id}/refuse",
});
