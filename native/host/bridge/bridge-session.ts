import type { HostPurpose } from "../../core/codes";
import type { ApiQuestion } from "../../core/decide/api-question";
import { isPlainObject } from "../../core/decide/call-parameters";
import { type Api, findApi } from "../../core/decide/catalog";
import { findUnmetConstraint } from "../../core/decide/check-constraints";
import type { CompiledPolicy } from "../../core/decide/compile-policy";
import { type ApiDecision, decideApi, hasAccess } from "../../core/decide/decide-api";
import { decideByBoth, decideCallByBoth } from "../../core/decide/decide-both";
import { pointerToken } from "../../core/decide/decision";
import { describeCode, describeTrace, type Explained } from "../../core/decide/describe-refusal";
import { explainApi } from "../../core/decide/explain";
import { readParameters } from "../../core/decide/read-parameters";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import { boundText } from "../../core/text/plain-text";
import type { AppliedPolicy, HostLog, TelemetryPort } from "../ports";
import type { BridgeChannel, FromProgramMessage } from "./bridge-channel";
import type { CallLimits } from "./call-limits";
import type { CallUsage } from "./call-usage";
import type { CallDenial, CallOutcome, CapabilityRegistry } from "./capability-registry";
import type { DenialReporter } from "./denial-reporter";

/** The moment of a call, as the Super App knows it. */
export type CallMoment = { foreground: boolean; gesture: boolean };

export type BridgeSessionOptions = {
  appId: string;
  versionCode: number;
  runtime: { kind: "linux"; version: string };
  /** The policy of this moment: asked at every call. */
  policy(): AppliedPolicy;
  policyNow(): number;
  channel: Pick<BridgeChannel, "reply">;
  registry: CapabilityRegistry;
  limits: CallLimits;
  usage: CallUsage;
  denials: DenialReporter;
  telemetry: TelemetryPort;
  consent(capability: string): "given" | "refused" | undefined;
  moment(): CallMoment;
  log: HostLog;
};

export type BridgeSession = {
  handle(message: Extract<FromProgramMessage, { kind: "call" | "ask" }>): void;
  /** Aborts what is under way; nothing is answered any more. */
  close(): void;
};

type Call = { id: number; api: string; params: unknown };

/** With the body, which travels beside the other parameters. What was too long for a message is null: no schema takes it. */
function readParams({ oversized, params, body }: Extract<FromProgramMessage, { kind: "call" }>): unknown {
  const given = oversized ? null : readParameters(params);
  return body === undefined || !isPlainObject(given) ? given : { ...given, body };
}

/** Only the members that the grant names; `fields` is absent where all may be returned. */
function keepFields(value: Readonly<Record<string, unknown>>, fields: readonly string[] | undefined): object {
  if (fields === undefined) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => fields.includes(name)));
}

/**
 * Decides, then carries out, the calls of one running program (spec §3, §5). Whose calls they are was settled when its
 * channel was made; a program id among the parameters is just another member that no schema names.
 */
export function createBridgeSession(options: BridgeSessionOptions): BridgeSession {
  const { appId, versionCode, channel, limits, registry, usage } = options;
  const ending = new AbortController();

  const count = (increment: MinuteIncrement): void => {
    options.telemetry.addToMinute({ appId, versionCode }, increment);
  };
  const question = (api: Api | undefined, name: string): Omit<ApiQuestion, "params"> => {
    const capability = api?.capability.name;
    return {
      versionCode,
      api: name,
      runtime: options.runtime,
      now: options.policyNow(),
      consent: capability === undefined ? undefined : options.consent(capability),
      context: capability === undefined ? undefined : { ...options.moment(), ...usage.of(capability) },
    };
  };
  const answer = (id: number, ok: boolean, value: unknown, body?: Uint8Array): boolean =>
    ending.signal.aborted || channel.reply(id, ok, value, body);

  const fail = (id: number, reason: string): void => {
    answer(id, false, {
      ...{ code: "HOST_ERROR", layer: "api", rule: null, denialId: null },
      ...{ ...describeCode("HOST_ERROR"), message: reason },
    });
  };
  const refuse = async (
    { id, api }: Call,
    decision: CallDenial,
    about: {
      url?: string;
      purpose?: HostPurpose;
      target?: { host: string; port: number };
      explained?: Explained;
    } = {},
  ): Promise<void> => {
    const { url, purpose, target, explained } = about;
    count({ apis: { [boundText(api, 128) || "?"]: { denied: 1 } } });
    if (purpose !== undefined) {
      const hosts = target === undefined ? [] : [{ ...target, purpose, blocked: 1 }];
      count({ blocked: 1, ...(hosts.length === 0 ? {} : { hosts }) });
    }
    const denialId = await options.denials.report({
      api,
      decision,
      ...(url === undefined ? {} : { url }),
      ...(purpose === undefined ? {} : { purpose }),
    });
    const { code, layer, rule, rate } = decision;
    const refusal = { code, layer, rule, denialId, ...rate };
    // Lists of a document may be longer than a message.
    if (answer(id, false, { ...refusal, ...(explained ?? describeCode(code)) })) return;
    answer(id, false, { ...refusal, ...describeCode(code) });
  };

  /** What a call does not say can be measured on what it gives: the same constraints bound it (spec §3). */
  const refuseResult = (api: Api, outcome: Extract<CallOutcome, { outcome: "value" }>): CallDenial | undefined => {
    const { policy, newer } = options.policy();
    return (newer && refuseResultBy(newer, api, outcome)) ?? refuseResultBy(policy, api, outcome);
  };
  const refuseResultBy = (
    by: CompiledPolicy,
    api: Api,
    outcome: Extract<CallOutcome, { outcome: "value" }>,
  ): CallDenial | undefined => {
    const grant = by.grants.get(api.capability.name);
    const { maxBytes, mediaTypes } = grant?.constraints ?? {};
    if (grant === undefined || (maxBytes === undefined && mediaTypes === undefined)) return undefined;
    const headers = outcome.value.headers as Record<string, string> | undefined;
    const mediaType = headers?.["content-type"];
    const unmet = findUnmetConstraint(
      { ...(maxBytes === undefined ? {} : { maxBytes }), ...(mediaTypes === undefined ? {} : { mediaTypes }) },
      undefined,
      { body: outcome.body, value: outcome.value.value, ...(mediaType === undefined ? {} : { mediaType }) },
    );
    if (unmet === undefined) return undefined;
    const rule = `/grants/${pointerToken(api.capability.name)}/constraints/${unmet}`;
    return { code: "CONSTRAINT_NOT_MET", layer: "grant", rule, by };
  };

  const finish = async (call: Call, api: Api, decision: ApiDecision, outcome: CallOutcome): Promise<void> => {
    const { fields } = decision;
    switch (outcome.outcome) {
      case "failed":
        return fail(call.id, outcome.reason);
      case "denied":
        return refuse(call, outcome.decision, {
          ...(outcome.url === undefined ? {} : { url: outcome.url }),
          ...(outcome.purpose === undefined ? {} : { purpose: outcome.purpose }),
        });
      case "value": {
        const unmet = refuseResult(api, outcome);
        if (unmet !== undefined) return refuse(call, unmet);
        const body = fields === undefined || fields.includes("body") ? outcome.body : undefined;
        if (!answer(call.id, true, keepFields(outcome.value, fields), body)) fail(call.id, "the answer is too long");
      }
    }
  };
  const carryOut = async (call: Call, api: Api, decision: ApiDecision): Promise<void> => {
    const isRequest = api.purpose !== null;
    const refused = isRequest ? limits.admitRequest() : undefined;
    if (refused !== undefined) {
      return refuse(call, refused, {
        url: urlOf(call.params),
        ...(api.purpose === null ? {} : { purpose: api.purpose }),
      });
    }
    usage.add(api.capability.name);
    count({ apis: { [api.name]: { allowed: 1 } }, ...(isRequest ? { requests: 1 } : {}) });
    const handler = registry.find(api.name);
    try {
      if (handler === undefined) return fail(call.id, "this device can't do it");
      const params = (call.params ?? {}) as Record<string, unknown>;
      const outcome = await handler({ params, decision, signal: ending.signal });
      await finish(call, api, decision, outcome);
    } finally {
      if (isRequest) limits.settleRequest();
    }
  };
  const decideCall = async (call: Call): Promise<void> => {
    const api = findApi(call.api);
    const asked = { ...question(api, call.api), params: call.params };
    const decision = decideCallByBoth(options.policy(), (policy) => decideApi(policy, asked));
    if (decision.decision === "allow" && api !== undefined) return carryOut(call, api, decision);
    const { host } = decision;
    const trace = explainApi(decision.by, asked);
    const isHostsNo = host?.decision === "deny" || (host !== undefined && decision.code === "RATE_LIMITED");
    return refuse(call, decision, {
      // The walk of the same checks over the same question: it ends as the decision did.
      explained: describeTrace(trace),
      ...(isHostsNo && api?.purpose ? { url: urlOf(call.params), purpose: api.purpose } : {}),
      ...(host?.host != null && host.port != null ? { target: { host: host.host, port: host.port } } : {}),
    });
  };

  const safely = (call: Call, work: Promise<void>): void => {
    work.catch((error: unknown) => {
      // the program learns that it failed; why is the host's own affair
      options.log("error", "call_failed", { appId, api: boundText(call.api, 128), error });
      fail(call.id, "the host could not do it");
    });
  };

  return {
    handle(message) {
      if (ending.signal.aborted) return;
      const call: Call = { id: message.id, api: message.api, params: undefined };
      const flooded = limits.admitCall();
      if (flooded !== undefined) return safely(call, refuse(call, flooded));
      if (message.kind === "ask") {
        const api = findApi(message.api);
        const asked = question(api, message.api);
        const decision = decideByBoth(options.policy(), (policy) => hasAccess(policy, asked));
        answer(message.id, true, decision.decision === "allow");
        return;
      }
      call.params = readParams(message);
      safely(call, decideCall(call));
    },
    close: () => ending.abort(),
  };
}

/** Of parameters that the schema accepted. */
function urlOf(params: unknown): string {
  return typeof params === "object" && params !== null && "url" in params ? String(params.url) : "";
}
