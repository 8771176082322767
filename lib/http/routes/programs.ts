import { z } from "zod";
import {
  accessTableSchema,
  causeFilterSchema,
  denialListSchema,
  limitTableSchema,
  programDetailSchema,
  programListQuerySchema,
  programListSchema,
  rangeQuerySchema,
  registerProgramInputSchema,
  telemetryQuerySchema,
  telemetrySeriesSchema,
  versionListSchema,
} from "@/lib/contracts/programs";
import { cursorSchema, spreadSchema } from "@/lib/contracts/shared";
import { describeRoute } from "../route-description";
import { BASE, byApp, seesConsole, write } from "./bases";

export const programsRoutes = {
  listPrograms: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs`,
    summary: "Programs with a day of traffic",
    input: { query: programListQuerySchema },
    output: programListSchema,
    refusals: [],
  }),
  registerProgram: describeRoute({
    ...write,
    permission: "programs.register",
    path: `${BASE}/programs`,
    summary: "Register an app id to a publisher",
    input: { body: registerProgramInputSchema },
    output: programDetailSchema,
    successStatus: 201,
    refusals: ["conflict", "not_found"],
  }),
  getProgram: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}`,
    summary: "One program",
    input: { params: byApp },
    output: programDetailSchema,
    refusals: ["not_found"],
  }),
  listVersions: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/versions`,
    summary: "Versions of a program with their attestation",
    input: { params: byApp },
    output: versionListSchema,
    refusals: ["not_found"],
  }),
  getAccess: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/access`,
    summary: "Effective access of one version",
    input: { params: byApp, query: z.object({ version: z.coerce.number().int().positive().optional() }) },
    output: accessTableSchema,
    refusals: ["not_found"],
  }),
  getLimits: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/limits`,
    summary: "Limits beside what was observed",
    input: { params: byApp, query: rangeQuerySchema },
    output: limitTableSchema,
    refusals: ["not_found"],
  }),
  getTelemetry: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/telemetry`,
    summary: "Series for a program's charts",
    input: { params: byApp, query: telemetryQuerySchema },
    output: telemetrySeriesSchema,
    refusals: ["not_found"],
  }),
  listProgramDenials: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/denials`,
    summary: "A program's denials by cause and one by one",
    input: {
      params: byApp,
      query: rangeQuerySchema
        .extend(causeFilterSchema.shape)
        .extend({ cause: z.string().max(16).optional(), cursor: cursorSchema }),
    },
    output: denialListSchema,
    refusals: ["not_found"],
  }),
  exportTelemetry: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/telemetry/export`,
    summary: "The points of a program's charts as comma-separated values",
    input: { params: byApp, query: telemetryQuerySchema },
    output: { kind: "raw", contentType: "text/csv" },
    refusals: ["not_found"],
  }),
  exportProgramDenials: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/denials/export`,
    summary: "A program's denials by cause as comma-separated values, 100 causes at most",
    input: { params: byApp, query: rangeQuerySchema.extend(causeFilterSchema.shape) },
    output: { kind: "raw", contentType: "text/csv" },
    refusals: ["not_found"],
  }),
  getSpread: describeRoute({
    ...seesConsole,
    path: `${BASE}/programs/{appId}/spread`,
    summary: "Which devices enforce the newest platform revision",
    input: { params: byApp },
    output: spreadSchema,
    refusals: ["not_found"],
  }),
} as const;
