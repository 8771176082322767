import { z } from "zod";
import data from "../../catalog/capabilities.json" with { type: "json" };
import { HOST_PURPOSES, type HostPurpose, SENSITIVITIES, type Sensitivity } from "../codes";
import { compileParameters, type FindMisfit, parameterShape } from "./call-parameters";

/** The closed list of constraint kinds (spec §3). */
export const CONSTRAINT_KINDS = [
  "perMinute",
  "perDay",
  "foregroundOnly",
  "gestureRequired",
  "maxBytes",
  "mediaTypes",
  "precisionMetres",
  "maxAmountMinor",
  "currency",
  "fields",
] as const;
export type ConstraintKind = (typeof CONSTRAINT_KINDS)[number];

const catalogShape = z.object({
  catalogue: z.literal(1),
  capabilities: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      exposes: z.string(),
      sensitivity: z.enum(SENSITIVITIES),
      since: z.string(),
      constraints: z.array(z.enum(CONSTRAINT_KINDS)),
      apis: z.array(
        z.object({
          name: z.string(),
          params: z.record(z.string(), parameterShape),
          required: z.array(z.string()),
          result: z.array(z.string()),
        }),
      ),
    }),
  ),
});

export type Capability = {
  name: string;
  title: string;
  /** What it opens, in plain words. */
  exposes: string;
  sensitivity: Sensitivity;
  /** The version of the runtimes that first knew it. */
  since: string;
  constraints: readonly ConstraintKind[];
  apis: readonly string[];
};

/** A bridge API. There are no others: an API without a catalogue entry does not exist (spec §3). */
export type Api = {
  name: string;
  capability: Capability;
  /** What a network API asks of a host; null for every other API. */
  purpose: HostPurpose | null;
  /** What of a call's parameters does not fit the schema. */
  findMisfit: FindMisfit;
  /** Parameters that are whatever JSON a program likes: no schema looks into them. */
  anyJson: readonly string[];
  /** Members of the result; `fields` chooses among them. */
  result: readonly string[];
};

const capabilities = new Map<string, Capability>();
const apis = new Map<string, Api>();

for (const { apis: opened, ...entry } of catalogShape.parse(data).capabilities) {
  const capability: Capability = { ...entry, apis: opened.map((api) => api.name) };
  capabilities.set(capability.name, capability);
  for (const { name, params, required, result } of opened) {
    apis.set(name, {
      name,
      capability,
      purpose: purposeOf(name),
      findMisfit: compileParameters(params, required),
      anyJson: Object.keys(params).filter((param) => params[param]?.type === "json"),
      result,
    });
  }
}

function purposeOf(api: string): HostPurpose | null {
  if (!api.startsWith("network.")) return null;
  return HOST_PURPOSES.find((purpose) => api.endsWith(`.${purpose}`)) ?? null;
}

/** Every capability, in the catalogue's order. */
export function listCapabilities(): readonly Capability[] {
  return [...capabilities.values()];
}

export function findCapability(name: string): Capability | undefined {
  return capabilities.get(name);
}

export function isCapability(name: string): boolean {
  return capabilities.has(name);
}

/** The capabilities that approving a version grants unasked (spec §3). */
export function isPublicCapability(name: string): boolean {
  return capabilities.get(name)?.sensitivity === "public";
}

export function listApis(): readonly Api[] {
  return [...apis.values()];
}

export function findApi(name: string): Api | undefined {
  return apis.get(name);
}
