import type { Permission } from "@/lib/domain/roles";

/** Whom a call lets in: people who hold a permission (or one of several), everybody signed in, or another door's actor. */
export type Admitted =
  | { people: Permission | readonly Permission[] | "signed-in" }
  | { only: "device" | "publisher" }
  | { everybody: true };

export type Expectation = Admitted & {
  /** Fills the path's parameters; every one of them names something that is not there. */
  params?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  /** What one who is let in is answered to this very request. Nothing that is asked here changes the store. */
  answer: number;
  /** The call ends the session that asks, so it is asked by a spare one. */
  endsSession?: true;
};

const APP = { appId: "com.example.nowhere" };
const CAUSE = { ...APP, cause: "0123456789abcdef" };
const CHANGE_SET = { id: "cs_00000000000000000000" };
const reason = { reason: "Asked by a test." };

const read = (answer: 200 | 404, params?: Record<string, string>): Expectation => ({
  people: "console.read",
  answer,
  ...(params === undefined ? {} : { params }),
});
const portal = (params: Record<string, string>): Expectation => ({
  people: ["portal.read", "console.read"],
  params,
  answer: 404,
});
const verb = (people: Permission | readonly Permission[], body: unknown = {}): Expectation => ({
  people,
  params: CHANGE_SET,
  body,
  answer: 404,
});

/**
 * Who may call what, said a second time and by hand: the routes' own descriptions are not looked at. A route that is
 * missing here fails, and so does a line here without a route.
 */
export const EXPECTED: Readonly<Record<string, Expectation>> = {
  "GET /api/health": { everybody: true, answer: 200 },
  "HEAD /api/health": { everybody: true, answer: 200 },
  "GET /api/ready": { everybody: true, answer: 200 },
  "HEAD /api/ready": { everybody: true, answer: 200 },
  "GET /api/openapi.json": { everybody: true, answer: 200 },

  "POST /api/runtime/v1/enroll": { everybody: true, body: {}, answer: 400 },
  "POST /api/runtime/v1/token": { everybody: true, body: {}, answer: 400 },
  "GET /api/runtime/v1/keyset": { everybody: true, answer: 200 },
  "GET /api/runtime/v1/keyset/{revision}": { everybody: true, params: { revision: "999" }, answer: 404 },
  "GET /api/runtime/v1/platform": { everybody: true, answer: 200 },
  "GET /api/runtime/v1/programs/{appId}": { only: "device", params: APP, answer: 404 },
  "GET /api/runtime/v1/bundles/{sha256}": { only: "device", params: { sha256: "0".repeat(64) }, answer: 404 },
  "GET /api/runtime/v1/stream": { only: "device", answer: 200 },
  "POST /api/runtime/v1/telemetry": { only: "device", body: {}, answer: 400 },
  "POST /api/runtime/v1/held": { only: "device", body: "no document", contentType: "application/jose", answer: 422 },

  "POST /api/publisher/v1/submissions": {
    only: "publisher",
    body: "not a bundle",
    contentType: "application/miniapp-pkg+zip",
    answer: 400,
  },
  "GET /api/publisher/v1/submissions/{submissionId}": {
    only: "publisher",
    params: { submissionId: "sub_00000000000000000000" },
    answer: 404,
  },
  "DELETE /api/publisher/v1/submissions/{submissionId}": {
    only: "publisher",
    params: { submissionId: "sub_00000000000000000000" },
    answer: 404,
  },
  "GET /api/publisher/v1/programs/{appId}/quota": { only: "publisher", params: APP, answer: 404 },
  "GET /api/publisher/v1/programs/{appId}/denials": { only: "publisher", params: APP, answer: 404 },

  "GET /api/console/v1/session": { people: "signed-in", answer: 200 },
  "DELETE /api/console/v1/session": { people: "signed-in", answer: 204, endsSession: true },
  "POST /api/console/v1/session/switch": {
    people: "signed-in",
    body: { personId: "per_00000000000000000000" },
    answer: 404,
  },
  "GET /api/console/v1/stream": read(200),
  "GET /api/console/v1/readiness": read(200),
  "GET /api/console/v1/clock": read(200),
  "POST /api/console/v1/clock/confirm": { people: "platform.confirm", body: { bootId: "nowhere" }, answer: 409 },
  "POST /api/console/v1/platform/name": { people: "settings.manage", body: {}, answer: 400 },
  "GET /api/console/v1/continuity": read(200),
  "POST /api/console/v1/continuity/resume": { people: "platform.confirm", body: {}, answer: 409 },
  "GET /api/console/v1/overview": read(200),

  "GET /api/console/v1/programs": read(200),
  "POST /api/console/v1/programs": { people: "programs.register", body: {}, answer: 400 },
  "GET /api/console/v1/programs/{appId}": read(404, APP),
  "GET /api/console/v1/programs/{appId}/versions": read(404, APP),
  "GET /api/console/v1/programs/{appId}/access": read(404, APP),
  "GET /api/console/v1/programs/{appId}/limits": read(404, APP),
  "GET /api/console/v1/programs/{appId}/telemetry": read(404, APP),
  "GET /api/console/v1/programs/{appId}/telemetry/export": read(404, APP),
  "GET /api/console/v1/programs/{appId}/denials": read(404, APP),
  "GET /api/console/v1/programs/{appId}/denials/export": read(404, APP),
  "GET /api/console/v1/programs/{appId}/spread": read(404, APP),
  "GET /api/console/v1/denials": read(200),
  "GET /api/console/v1/denials/{denialId}": read(404, { denialId: "0123456789abcdef0123" }),

  "GET /api/console/v1/portal/programs": { people: "portal.read", answer: 200 },
  "GET /api/console/v1/portal/programs/{appId}": portal(APP),
  "GET /api/console/v1/portal/programs/{appId}/quota": portal(APP),
  "GET /api/console/v1/portal/programs/{appId}/denials": portal(APP),
  "GET /api/console/v1/portal/programs/{appId}/published": portal(APP),
  "GET /api/console/v1/portal/denials/{denialId}": portal({ denialId: "0123456789abcdef0123" }),
  "POST /api/console/v1/programs/{appId}/causes/{cause}/acknowledge": {
    people: "denials.acknowledge",
    params: CAUSE,
    body: reason,
    answer: 404,
  },
  "POST /api/console/v1/programs/{appId}/causes/{cause}/reopen": {
    people: "denials.acknowledge",
    params: CAUSE,
    body: reason,
    answer: 404,
  },

  // One approval lists the version: whoever gives it publishes.
  "POST /api/console/v1/submissions/{id}/approve": {
    people: "changes.publish",
    params: { id: "sub_00000000000000000000" },
    body: reason,
    answer: 404,
  },
  "POST /api/console/v1/submissions/{id}/refuse": {
    people: "changes.approve",
    params: { id: "sub_00000000000000000000" },
    body: reason,
    answer: 404,
  },

  "GET /api/console/v1/change-sets": read(200),
  "GET /api/console/v1/change-sets/draft": read(200),
  "GET /api/console/v1/change-sets/{id}": read(404, CHANGE_SET),
  "POST /api/console/v1/change-sets/preview": { people: "changes.propose", body: {}, answer: 400 },
  "POST /api/console/v1/change-sets/edit": { people: "changes.propose", body: {}, answer: 400 },
  "POST /api/console/v1/change-sets/propose": { people: "changes.propose", body: {}, answer: 400 },
  "POST /api/console/v1/change-sets/narrow": { people: ["changes.narrow", "changes.propose"], body: {}, answer: 400 },
  "POST /api/console/v1/change-sets/{id}/discard": verb("changes.propose"),
  "POST /api/console/v1/change-sets/{id}/split": verb("changes.propose", reason),
  "POST /api/console/v1/change-sets/{id}/propose": verb("changes.propose", reason),
  "POST /api/console/v1/change-sets/{id}/withdraw": verb("changes.propose"),
  "POST /api/console/v1/change-sets/{id}/approve": verb("changes.approve", reason),
  "POST /api/console/v1/change-sets/{id}/refuse": verb("changes.approve", reason),
  "POST /api/console/v1/change-sets/{id}/publish": verb(["changes.publish", "changes.propose"]),
  "POST /api/console/v1/change-sets/{id}/narrow": verb(["changes.narrow", "changes.propose"], reason),
  "POST /api/console/v1/change-sets/{id}/undo": verb(["changes.narrow", "changes.propose"]),

  "GET /api/console/v1/search": { people: "console.read", answer: 400 },

  "GET /api/console/v1/reporting": read(200),

  "GET /api/console/v1/publishers": read(200),
  "GET /api/console/v1/publishers/{id}": { ...read(404), params: { id: "pub_00000000000000000000" } },
  "POST /api/console/v1/publishers": { people: "programs.register", body: {}, answer: 400 },
  "POST /api/console/v1/publishers/{id}/keys": {
    people: "changes.propose",
    params: { id: "pub_00000000000000000000" },
    body: {},
    answer: 400,
  },
  "POST /api/console/v1/publishers/{id}/tokens": {
    people: ["programs.register", "keys.manage"],
    params: { id: "pub_00000000000000000000" },
    body: {},
    answer: 404,
  },
  "DELETE /api/console/v1/publishers/{id}/tokens/{tokenId}": {
    people: ["programs.register", "keys.manage"],
    params: { id: "pub_00000000000000000000", tokenId: "tok_00000000000000000000" },
    answer: 404,
  },

  "GET /api/console/v1/people": { people: "people.read", answer: 200 },
  "GET /api/console/v1/people/{id}": {
    people: "people.read",
    params: { id: "per_00000000000000000000" },
    answer: 404,
  },
  "POST /api/console/v1/people": { people: "people.manage", body: {}, answer: 400 },
  "POST /api/console/v1/people/{id}/link": {
    people: "people.manage",
    params: { id: "per_00000000000000000000" },
    body: {},
    answer: 404,
  },
  "POST /api/console/v1/people/{id}/code": {
    people: "changes.approve",
    params: { id: "per_00000000000000000000" },
    body: {},
    answer: 404,
  },

  "GET /api/console/v1/devices": { people: "devices.read", answer: 200 },
  "GET /api/console/v1/devices/{id}": {
    people: "devices.read",
    params: { id: "dev_00000000000000000000" },
    answer: 404,
  },
  "POST /api/console/v1/devices/{id}/revoke": {
    people: "devices.revoke",
    params: { id: "dev_00000000000000000000" },
    body: reason,
    answer: 404,
  },
  "POST /api/console/v1/enrolments": { people: "devices.enrol", body: {}, answer: 400 },

  "GET /api/console/v1/audit": { people: "audit.read", answer: 200 },
  "GET /api/console/v1/audit/{sequence}": { people: "audit.read", params: { sequence: "999999" }, answer: 404 },
  "GET /api/console/v1/audit/verify": { people: "audit.read", answer: 200 },
  "GET /api/console/v1/audit/export": { people: "audit.read", answer: 200 },
};

/** Paths that the console answers by itself: people's session cookie is heard there, no other proof is. */
export const CONSOLE = "/api/console/v1/";
