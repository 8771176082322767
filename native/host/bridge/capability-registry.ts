import type { HostPurpose, LimitName } from "../../core/codes";
import { findApi, findCapability, listApis } from "../../core/decide/catalog";
import type { CompiledPolicy } from "../../core/decide/compile-policy";
import type { ApiDecision } from "../../core/decide/decide-api";
import type { Decision } from "../../core/decide/decision";
import type { Explained } from "../../core/decide/describe-refusal";

/** A call that the evaluator allowed. Who calls comes from the channel, never from `params`. */
export type AllowedCall = {
  /** Checked against the catalogue's schema of the API. */
  params: Readonly<Record<string, unknown>>;
  decision: ApiDecision;
  /** Of long parameters one that nobody looks into, as the JSON that it came as; undefined where they were short, or it is none. */
  bytesOf(member: string): Uint8Array | undefined;
  /** Aborted when the program ends. */
  signal: AbortSignal;
  /** Done once the program has taken the answer: what is held for it is held no longer. */
  afterAnswer(run: () => void): void;
};

/** What a call came to. `denied` is a refusal that only doing it could find; `failed` is the world's no. */
export type CallOutcome =
  | {
      outcome: "value";
      value: Readonly<Record<string, unknown>>;
      /** A member of the value whose JSON is there already. */
      text?: { member: string; json: Uint8Array };
      body?: Uint8Array;
    }
  | { outcome: "denied"; decision: CallDenial; url?: string; purpose?: HostPurpose; explained?: Explained }
  | { outcome: "failed"; reason: string };

export type CallDenial = Pick<Decision, "code" | "layer" | "rule"> & {
  rate?: { limit: number; used: number; retryAfterMs: number };
  /** Of layer `limit`: what had no room, by the limit of its kind. */
  limit?: LimitName;
  /** The policy into whose documents `rule` points; the one in force where it is absent. */
  by?: CompiledPolicy;
};

export type ApiHandler = (call: AllowedCall) => Promise<CallOutcome>;

/** One capability's handlers, by the names of its APIs. */
export type CapabilityHandler = {
  capability: string;
  apis: Readonly<Record<string, ApiHandler>>;
  /** They take long members of any JSON by `bytesOf`; in `params` these may be null then. */
  readsBytes?: true;
};

export type CapabilityRegistry = {
  find(api: string): ApiHandler | undefined;
  /** Whether its handler takes long members by `bytesOf`: no other's may be left out of `params`. */
  readsBytes(api: string): boolean;
  /** Names of the APIs that this runtime carries out, in the catalogue's order. */
  readonly apis: readonly string[];
};

/**
 * The only way for a function to become callable (spec §3): its capability and its API stand in the catalogue, which
 * also holds the schema of its parameters. Throws on a handler that the catalogue does not know, or a second one.
 */
export function createCapabilityRegistry(handlers: readonly CapabilityHandler[]): CapabilityRegistry {
  const registered = new Map<string, ApiHandler>();
  const bytesReaders = new Set<string>();
  for (const { capability, apis, readsBytes } of handlers) {
    if (findCapability(capability) === undefined) throw new Error(`no capability ${capability} in the catalogue`);
    for (const [api, handler] of Object.entries(apis)) {
      if (findApi(api)?.capability.name !== capability) throw new Error(`${api} is no API of ${capability}`);
      if (registered.has(api)) throw new Error(`${api} has a handler already`);
      registered.set(api, handler);
      if (readsBytes) bytesReaders.add(api);
    }
  }
  const apis = listApis().flatMap(({ name }) => (registered.has(name) ? [name] : []));
  return { apis, find: (api) => registered.get(api), readsBytes: (api) => bytesReaders.has(api) };
}
