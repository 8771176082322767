import type { HostCode } from "../codes";
import type { Check } from "./check";
import type { CompiledPolicy } from "./compile-policy";
import { allowHost, refuseHost } from "./decide-host";
import type { HostDecision } from "./decision";
import { encodeLocation } from "./encode-location";
import { HOST_CHECKS, type HostQuestion, type HostWalk, startHostWalk } from "./host-checks";
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

export type RedirectWalk = HostWalk & { readonly hop: number };

/** The decision of a redirect, in its order: the count, then the joined URL as any other (spec §5, Address). */
export const REDIRECT_CHECKS = [
  { check: "HOP", part: "hop", code: "REDIRECT_NOT_ALLOWED", layer: "host", rule: null, refuse: refuseHop },
  ...HOST_CHECKS,
] as const satisfies readonly Check<RedirectWalk>[];

/** Whether a redirect may be followed (spec §5, Address). */
export function decideRedirect(policy: CompiledPolicy, question: RedirectQuestion): RedirectDecision {
  const walk = startRedirectWalk(policy, question);
  for (const check of REDIRECT_CHECKS) {
    const rule = check.refuse(walk);
    if (rule === undefined) continue;
    if (check.part === "host") return { ...refuseHost(walk, check, rule), url: walk.url };
    const { code, layer } = check;
    return { decision: "deny", code, layer, rule, host: null, port: null, pins: null, url: null };
  }
  return { ...allowHost(walk), url: walk.url };
}

export function startRedirectWalk(policy: CompiledPolicy, question: RedirectQuestion): RedirectWalk {
  const url = resolveReference(question.from, encodeLocation(question.url));
  return { ...startHostWalk(policy, { ...question, url }), hop: question.hop };
}

function refuseHop({ hop }: RedirectWalk): null | undefined {
  return hop <= REDIRECT_HOPS_MAX ? undefined : null;
}
