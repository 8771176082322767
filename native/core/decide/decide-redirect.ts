import type { HostCode } from "../codes";
import type { CompiledPolicy } from "./compile-policy";
import { decideHost, type HostQuestion } from "./decide-host";
import type { HostDecision } from "./decision";
import { encodeLocation } from "./encode-location";
import { resolveReference } from "./resolve-reference";

/** Hops that are followed; the next one is refused (spec §5, Address). */
export const REDIRECT_HOPS_MAX = 5;

export type RedirectQuestion = HostQuestion & {
  /** The URL that answered with the redirect; `url` is its `Location`, absolute or relative. */
  from: string;
  /** 1 for the first redirect. */
  hop: number;
};

export type RedirectDecision = Omit<HostDecision, "code"> & {
  code: HostCode | "REDIRECT_NOT_ALLOWED";
  /** The absolute URL that was decided; null where the hop itself was refused. */
  url: string | null;
};

/** Whether a redirect may be followed (spec §5, Address): the count first, then the joined URL as any other. */
export function decideRedirect(policy: CompiledPolicy, question: RedirectQuestion): RedirectDecision {
  if (!(question.hop <= REDIRECT_HOPS_MAX)) {
    return {
      decision: "deny",
      code: "REDIRECT_NOT_ALLOWED",
      layer: "host",
      rule: null,
      host: null,
      port: null,
      pins: null,
      url: null,
    };
  }
  const url = resolveReference(question.from, encodeLocation(question.url));
  return { ...decideHost(policy, { ...question, url }), url };
}
