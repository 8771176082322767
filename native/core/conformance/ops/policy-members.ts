import { z } from "zod";
import { HOST_PURPOSES } from "../../codes";
import { type CompiledPolicy, compilePolicy } from "../../decide/compile-policy";
import { readParameters } from "../../decide/read-parameters";
import { readPlatformClaims, readProgramClaims } from "../../documents/read-claims";
import type { JsonObject } from "../../json/parse-json";
import type { PlatformClaims, ProgramClaims } from "../../shapes/claims";
import { rawClaims, requireClaims } from "../op";

const policyMembers = {
  program: rawClaims,
  platform: rawClaims,
  versionCode: z.int(),
  now: z.int(),
};

/** Members of a host question (spec §8). */
export const hostMembers = { ...policyMembers, url: z.string(), purpose: z.enum(HOST_PURPOSES) };

const count = z.int().min(0).default(0);

/** Members of an API question (spec §8). */
export const apiMembers = {
  ...policyMembers,
  api: z.string(),
  params: z.unknown().optional(),
  /** In place of `params`, the text that a bridge would read them from. */
  paramsText: z.string().optional(),
  runtime: z.object({ kind: z.string(), version: z.string() }),
  consent: z.enum(["given", "refused"]).optional(),
  /** What a context leaves out is as it is without one (spec §5). */
  context: z
    .object({
      foreground: z.boolean().default(false),
      gesture: z.boolean().default(false),
      used: z.object({ perMinute: count, perDay: count }).default({ perMinute: 0, perDay: 0 }),
    })
    .optional(),
};

/** A call's parameters: as they are given, or read from their text as a bridge would. */
export function readParams({ params, paramsText }: { params?: unknown; paramsText?: string | undefined }): unknown {
  return params === undefined && paramsText !== undefined ? readParameters(paramsText) : params;
}

type Asked<Claims> = {
  needs: readonly (keyof Claims & string)[];
  /** Permit nothing where they are absent: lists are empty, a document without an end is over. */
  reads: readonly (keyof Claims & string)[];
};
type AskedClaims = { program: Asked<ProgramClaims>; platform: Asked<PlatformClaims> };

/** Claims that a host question is about (spec §8). */
export const HOST_CLAIMS: AskedClaims = {
  program: { needs: [], reads: ["hosts"] },
  platform: { needs: [], reads: ["blockedHosts"] },
};

/** Claims that an API question is about (spec §8). */
export const API_CLAIMS: AskedClaims = {
  program: {
    needs: ["appId", "status"],
    reads: ["epoch", "revision", "exp", "versions", "grants", "hosts"],
  },
  platform: {
    needs: [],
    reads: ["epoch", "revision", "exp", "suspended", "blockedHosts", "minRevisions", "minRuntime", "graceSeconds"],
  },
};

/** A policy of claims that nobody signed, of which the members that nobody asked about are not looked at (spec §8). */
export function compileRaw(raw: { program: JsonObject; platform: JsonObject }, asked: AskedClaims): CompiledPolicy {
  const { program, platform } = asked;
  return compilePolicy(
    requireClaims("program", readProgramClaims(pick(raw.program, program), program.needs)),
    requireClaims("platform", readPlatformClaims(pick(raw.platform, platform), platform.needs)),
  );
}

function pick<Claims>(raw: JsonObject, { needs, reads }: Asked<Claims>): JsonObject {
  const members: ReadonlySet<string> = new Set([...needs, ...reads]);
  return Object.fromEntries(Object.entries(raw).filter(([member]) => members.has(member)));
}
