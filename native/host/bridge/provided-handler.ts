import { findApi } from "../../core/decide/catalog";
import { boundText } from "../../core/text/plain-text";
import { CapabilityFailure, type CapabilityProvider } from "../api/providers";
import type { HostLog, HostTimers } from "../ports";
import type { ApiHandler, CallOutcome, CapabilityHandler } from "./capability-registry";
import { plainAnswer } from "./plain-answer";
import { withinBound } from "./within-bound";

/** How long a provider has for one call, unless whoever embeds the host says otherwise. */
export const CAPABILITY_MS_MAX = 30_000;
/** Calls of one program that a provider was given and is not done with, those that nobody waits for any more among them. */
const UNDER_WAY_MAX = 16;
const MESSAGE_UNITS_MAX = 200;

export type ProvidedOptions = {
  appId: string;
  versionCode: number;
  limitMs?: number;
  timers: HostTimers;
  log: HostLog;
};

const failed = (reason: string): CallOutcome => ({ outcome: "failed", reason });

/**
 * One program's handlers of a capability that whoever embeds the host carries out. Every end is one of the call's own: what
 * throws, hangs, answers something else or too much fails with `HOST_ERROR`, and why is in the host's log.
 */
export function providedHandler(provider: CapabilityProvider, options: ProvidedOptions): CapabilityHandler {
  const { appId, versionCode, timers, limitMs = CAPABILITY_MS_MAX } = options;
  const { capability } = provider;
  let underWay = 0;

  const handlerOf =
    (api: string, carryOut: CapabilityProvider["apis"][string]): ApiHandler =>
    async ({ params, signal: outer }) => {
      const tell = (why: string, fields: Record<string, unknown> = {}) =>
        options.log("error", "capability_failed", { appId, capability, api, why, ...fields });
      if (underWay >= UNDER_WAY_MAX) {
        tell("too_many");
        return failed("the device is busy");
      }
      underWay += 1;
      const end = await withinBound<unknown>((signal) => carryOut({ appId, versionCode, api, params, signal }), {
        ...{ limitMs, timers, outer },
        gone: () => {
          underWay -= 1;
        },
      });
      if (end.kind === "called_off") return failed("the program ended");
      if (end.kind === "timed_out") {
        tell("timed_out", { limitMs });
        return failed("the device did not answer in time");
      }
      if (end.kind === "threw") {
        if (end.error instanceof CapabilityFailure) return failed(boundText(end.error.message, MESSAGE_UNITS_MAX));
        tell("threw", { error: end.error });
        return failed("the device could not do it");
      }
      const answer = plainAnswer(end.value, findApi(api)?.result ?? []);
      if (answer.ok) return { outcome: "value", value: answer.value };
      tell(answer.fault);
      return failed("the device gave no answer that can be handed on");
    };
  const apis = Object.entries(provider.apis).map(([api, carryOut]) => [api, handlerOf(api, carryOut)] as const);
  return { capability, apis: Object.fromEntries(apis) };
}
