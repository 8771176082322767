import {
  portalDenialSchema,
  portalDenialsSchema,
  portalProgramListQuerySchema,
  portalProgramListSchema,
  portalProgramSchema,
  portalPublishedSchema,
  portalQuotaSchema,
  portalVersionQuerySchema,
} from "@/lib/contracts/portal";
import { describeRoute } from "../route-description";
import { BASE, byApp, byDenial, read } from "./bases";

/** Developers, and whoever reads the console and looks at what they see. */
const seesPortal = { ...read, permission: ["portal.read", "console.read"] } as const;
const PORTAL = `${BASE}/portal`;

export const portalRoutes = {
  listPortalPrograms: describeRoute({
    ...read,
    permission: "portal.read",
    path: `${PORTAL}/programs`,
    summary: "A developer's own programs with a day of traffic",
    input: { query: portalProgramListQuerySchema },
    output: portalProgramListSchema,
    refusals: [],
  }),
  getPortalProgram: describeRoute({
    ...seesPortal,
    path: `${PORTAL}/programs/{appId}`,
    summary: "One program, as its developers see it",
    input: { params: byApp },
    output: portalProgramSchema,
    refusals: ["not_found"],
  }),
  getPortalQuota: describeRoute({
    ...seesPortal,
    path: `${PORTAL}/programs/{appId}/quota`,
    summary: "Its limits beside what device-minutes used",
    input: { params: byApp, query: portalVersionQuerySchema },
    output: portalQuotaSchema,
    refusals: ["not_found"],
  }),
  listPortalDenials: describeRoute({
    ...seesPortal,
    path: `${PORTAL}/programs/{appId}/denials`,
    summary: "What it was refused, by cause",
    input: { params: byApp, query: portalVersionQuerySchema },
    output: portalDenialsSchema,
    refusals: ["not_found"],
  }),
  getPortalPublished: describeRoute({
    ...seesPortal,
    path: `${PORTAL}/programs/{appId}/published`,
    summary: "What is published for it, and since when",
    input: { params: byApp },
    output: portalPublishedSchema,
    refusals: ["not_found"],
  }),
  getPortalDenial: describeRoute({
    ...seesPortal,
    path: `${PORTAL}/denials/{denialId}`,
    summary: "One denial explained to its developers",
    input: { params: byDenial },
    output: portalDenialSchema,
    refusals: ["not_found"],
  }),
} as const;
