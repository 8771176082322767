import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { CauseFilter, ChartFilter, registerProgramInputSchema } from "@/lib/contracts/programs";
import type { TimeRange } from "@/lib/domain/time-ranges";
import { denialsRoutes, programsRoutes, submissionsRoutes } from "@/lib/http/addresses";
import { addressOf, type ConsoleQuery, callConsole } from "@/lib/http/console-client";

export const programsRoot = ["programs"] as const;
export const denialsRoot = ["denials"] as const;
export const programRoot = (appId: string) => [...programsRoot, "one", appId] as const;

export type ProgramFilter = ConsoleQuery<typeof programsRoutes.listPrograms>;

export const programListQuery = (filter: ProgramFilter) =>
  queryOptions({
    queryKey: [...programsRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.listPrograms, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readMorePrograms = (filter: ProgramFilter, cursor: string) =>
  callConsole(programsRoutes.listPrograms, { query: { ...filter, cursor } });

export const programQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "detail"] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.getProgram, { signal, params: { appId } }),
  });

export const versionsQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "versions"] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.listVersions, { signal, params: { appId } }),
  });

export const accessQuery = (appId: string, version?: number) =>
  queryOptions({
    queryKey: [...programRoot(appId), "access", version ?? null] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.getAccess, { signal, params: { appId }, query: { version } }),
    placeholderData: keepPreviousData,
  });

export const limitsQuery = (appId: string, range: TimeRange) =>
  queryOptions({
    queryKey: [...programRoot(appId), "limits", range] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.getLimits, { signal, params: { appId }, query: { range } }),
    placeholderData: keepPreviousData,
  });

export const telemetryQuery = (appId: string, filter: ChartFilter) =>
  queryOptions({
    queryKey: [...programRoot(appId), "telemetry", filter] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.getTelemetry, { signal, params: { appId }, query: filter }),
    placeholderData: keepPreviousData,
    // The stream asks for a new reading at each batch; this keeps the time axis moving where nothing arrives.
    refetchInterval: 15_000,
  });

/** Where the points of these charts are to be had as a file. */
export const telemetryFile = (appId: string, filter: ChartFilter): string =>
  addressOf(programsRoutes.exportTelemetry, { params: { appId }, query: filter });

/** Where these causes are to be had as a file. */
export const denialsFile = (appId: string, range: TimeRange, version?: number, filter: CauseFilter = {}): string =>
  addressOf(programsRoutes.exportProgramDenials, { params: { appId }, query: { range, version, ...filter } });

export const denialsQuery = (appId: string, range: TimeRange, version?: number, filter: CauseFilter = {}) =>
  queryOptions({
    queryKey: [...programRoot(appId), "denials", range, version ?? null, filter] as const,
    queryFn: ({ signal }) =>
      callConsole(programsRoutes.listProgramDenials, {
        signal,
        params: { appId },
        query: { range, version, ...filter },
      }),
    placeholderData: keepPreviousData,
  });

export const readOlderDenials = (
  appId: string,
  query: { range: TimeRange; cursor: string; version: number | undefined } & CauseFilter,
) => callConsole(programsRoutes.listProgramDenials, { params: { appId }, query });

export const spreadQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "spread"] as const,
    queryFn: ({ signal }) => callConsole(programsRoutes.getSpread, { signal, params: { appId } }),
  });

export const denialQuery = (denialId: string) =>
  queryOptions({
    queryKey: [...denialsRoot, "one", denialId] as const,
    queryFn: ({ signal }) => callConsole(denialsRoutes.getDenial, { signal, params: { denialId } }),
  });

type CauseRef = { appId: string; cause: string; reason: string };

/** Says for everybody that a cause needs nobody again, or takes it back. */
export async function setAcknowledged(
  client: QueryClient,
  verb: "acknowledge" | "reopen",
  { appId, cause, reason }: CauseRef,
) {
  const route = verb === "acknowledge" ? denialsRoutes.acknowledgeCause : denialsRoutes.reopenCause;
  await callConsole(route, { params: { appId, cause }, body: { reason } });
  await Promise.all([
    client.invalidateQueries({ queryKey: [...programRoot(appId), "denials"] }),
    client.invalidateQueries({ queryKey: denialsRoot }),
    client.invalidateQueries({ queryKey: ["overview"] }),
  ]);
}

export async function registerProgram(client: QueryClient, input: z.input<typeof registerProgramInputSchema>) {
  const program = await callConsole(programsRoutes.registerProgram, { body: input });
  await client.invalidateQueries({ queryKey: programsRoot });
  return program;
}

/** Approves or refuses a submitted version. A refusal's reason is what the publisher reads. */
export async function decideSubmission(
  client: QueryClient,
  submissionId: string,
  verb: "approve" | "refuse",
  reason: string,
) {
  const route = verb === "approve" ? submissionsRoutes.approveSubmission : submissionsRoutes.refuseSubmission;
  await callConsole(route, { params: { id: submissionId }, body: { reason } });
  await Promise.all([
    client.invalidateQueries({ queryKey: programsRoot }),
    client.invalidateQueries({ queryKey: ["change-sets"] }),
    client.invalidateQueries({ queryKey: ["overview"] }),
  ]);
}
