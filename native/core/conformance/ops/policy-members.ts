import { z } from "zod";
import { HOST_PURPOSES } from "../../codes";
import { type CompiledPolicy, compilePolicy } from "../../decide/compile-policy";
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

/** Members of an API question (spec §8). */
export const apiMembers = {
  ...policyMembers,
  api: z.string(),
  params: z.unknown().optional(),
  runtime: z.object({ kind: z.string(), version: z.string() }),
  consent: z.enum(["given", "refused"]).optional(),
  context: z
    .object({
      foreground: z.boolean(),
      gesture: z.boolean(),
      used: z.object({ perMinute: z.int().min(0), perDay: z.int().min(0) }),
    })
    .optional(),
};

/** A policy of claims that nobody signed: what the question needs must be there, the rest permits nothing. */
export function compileRaw(
  raw: { program: JsonObject; platform: JsonObject },
  required: {
    program: readonly (keyof ProgramClaims & string)[];
    platform: readonly (keyof PlatformClaims & string)[];
  },
): CompiledPolicy {
  return compilePolicy(
    requireClaims("program", readProgramClaims(raw.program, required.program)),
    requireClaims("platform", readPlatformClaims(raw.platform, required.platform)),
  );
}

export const HOST_CLAIMS = { program: ["hosts"], platform: ["blockedHosts"] } as const;
