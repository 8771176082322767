import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import {
  accessTableSchema,
  denialDetailSchema,
  denialListSchema,
  limitTableSchema,
  programDetailSchema,
  programListSchema,
  type registerProgramInputSchema,
  telemetrySeriesSchema,
  versionListSchema,
} from "@/lib/contracts/programs";
import { submissionActionResultSchema } from "@/lib/contracts/publishers";
import { spreadSchema, type TimeRange } from "@/lib/contracts/shared";
import { callConsole, nothingSchema } from "@/lib/http/console-client";

export const programsRoot = ["programs"] as const;
export const denialsRoot = ["denials"] as const;
export const programRoot = (appId: string) => [...programsRoot, "one", appId] as const;

const at = (appId: string) => `programs/${encodeURIComponent(appId)}`;

export type ProgramFilter = { status?: string | undefined; q?: string | undefined };

export const programListQuery = (filter: ProgramFilter = {}) =>
  queryOptions({
    queryKey: [...programsRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole("programs", programListSchema, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const programQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "detail"] as const,
    queryFn: ({ signal }) => callConsole(at(appId), programDetailSchema, { signal }),
  });

export const versionsQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "versions"] as const,
    queryFn: ({ signal }) => callConsole(`${at(appId)}/versions`, versionListSchema, { signal }),
  });

export const accessQuery = (appId: string, version?: number) =>
  queryOptions({
    queryKey: [...programRoot(appId), "access", version ?? null] as const,
    queryFn: ({ signal }) => callConsole(`${at(appId)}/access`, accessTableSchema, { signal, query: { version } }),
    placeholderData: keepPreviousData,
  });

export const limitsQuery = (appId: string, range: TimeRange) =>
  queryOptions({
    queryKey: [...programRoot(appId), "limits", range] as const,
    queryFn: ({ signal }) => callConsole(`${at(appId)}/limits`, limitTableSchema, { signal, query: { range } }),
    placeholderData: keepPreviousData,
  });

export const telemetryQuery = (appId: string, range: TimeRange, version?: number) =>
  queryOptions({
    queryKey: [...programRoot(appId), "telemetry", range, version ?? null] as const,
    queryFn: ({ signal }) =>
      callConsole(`${at(appId)}/telemetry`, telemetrySeriesSchema, { signal, query: { range, version } }),
    placeholderData: keepPreviousData,
    // The stream asks for a new reading at each batch; this keeps the time axis moving where nothing arrives.
    refetchInterval: 15_000,
  });

export const denialsQuery = (appId: string, range: TimeRange, version?: number) =>
  queryOptions({
    queryKey: [...programRoot(appId), "denials", range, version ?? null] as const,
    queryFn: ({ signal }) =>
      callConsole(`${at(appId)}/denials`, denialListSchema, { signal, query: { range, version } }),
    placeholderData: keepPreviousData,
  });

export const readOlderDenials = (appId: string, range: TimeRange, cursor: string, version?: number) =>
  callConsole(`${at(appId)}/denials`, denialListSchema, { query: { range, version, cursor } });

export const spreadQuery = (appId: string) =>
  queryOptions({
    queryKey: [...programRoot(appId), "spread"] as const,
    queryFn: ({ signal }) => callConsole(`${at(appId)}/spread`, spreadSchema, { signal }),
  });

export const denialQuery = (denialId: string) =>
  queryOptions({
    queryKey: [...denialsRoot, "one", denialId] as const,
    queryFn: ({ signal }) => callConsole(`denials/${encodeURIComponent(denialId)}`, denialDetailSchema, { signal }),
  });

export async function registerProgram(client: QueryClient, input: z.input<typeof registerProgramInputSchema>) {
  const program = await callConsole("programs", programDetailSchema, { method: "POST", body: input });
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
  const path = `submissions/${encodeURIComponent(submissionId)}/${verb}`;
  const output = verb === "approve" ? submissionActionResultSchema : nothingSchema;
  await callConsole(path, output, { method: "POST", body: { reason } });
  await Promise.all([
    client.invalidateQueries({ queryKey: programsRoot }),
    client.invalidateQueries({ queryKey: ["change-sets"] }),
    client.invalidateQueries({ queryKey: ["overview"] }),
  ]);
}
