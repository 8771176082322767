import { setMaxListeners } from "node:events";
import type { HostPurpose } from "../../core/codes";
import type { ApiQuestion } from "../../core/decide/api-question";
import { isPlainObject } from "../../core/decide/call-parameters";
import { type Api, findApi } from "../../core/decide/catalog";
import { findUnmetConstraint } from "../../core/decide/check-constraints";
import type { CompiledPolicy } from "../../core/decide/compile-policy";
import { type ApiDecision, decideApi, hasAccess } from "../../core/decide/decide-api";
import { type DecidedBy, decideByBoth, decideCallByBoth } from "../../core/decide/decide-both";
import { pointerToken } from "../../core/decide/decision";
import { describeCode, describeTrace, type Explained } from "../../core/decide/describe-refusal";
import { explainApi } from "../../core/decide/explain";
import { readLongParameters, readParameters } from "../../core/decide/read-parameters";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import { boundText } from "../../core/text/plain-text";
import type { CallMoment, ConsentAnswer } from "../api/providers";
import type { AppliedPolicy, HostLog, TelemetryPort } from "../ports";
import { type BridgeChannel, type FromProgramMessage, type Rest, WithText } from "./bridge-channel";
import type { CallLimits } from "./call-limits";
import type { CallUsage } from "./call-usage";
import type { AllowedCall, CallDenial, CallOutcome, CapabilityRegistry } from "./capability-registry";
import { coarsenPlace } from "./coarsen-place";
import type { ConsentDesk } from "./consent-desk";
import type { DenialReporter } from "./denial-reporter";

export type BridgeSessionOptions = {
  appId: string;
  versionCode: number;
  runtime: { kind: "linux"; version: string };
  /** The policy of this moment: asked at every call. */
  policy(): AppliedPolicy;
  policyNow(): number;
  channel: Pick<BridgeChannel, "reply" | "taken" | "hold" | "release">;
  registry: CapabilityRegistry;
  limits: CallLimits;
  usage: CallUsage;
  denials: DenialReporter;
  telemetry: TelemetryPort;
  consent: Pick<ConsentDesk, "answerOf" | "mayAsk" | "ask">;
  moment(): CallMoment;
  log: HostLog;
};

export type BridgeSession = {
  /** Answers what is left to do of reading a long call, piece by piece. */
  handle(message: Extract<FromProgramMessage, { kind: "call" | "ask" }>): Rest | undefined;
  /** Aborts what is under way; nothing is answered any more. */
  close(): void;
};

type CallMessage = Extract<FromProgramMessage, { kind: "call" }>;
type Call = { id: number; api: string; params: unknown; bytesOf: AllowedCall["bytesOf"] };

/** Longer parameters are read in pieces of about this many units, each a fraction of a millisecond. */
const LONG_BYTES = 16 * 1024;
const PIECE_UNITS = 2 * 1024;
/** Calls beside requests that are carried out at once, and what long calls may hold, with their bodies: past either the program waits. */
const BUSY_MAX = 8;
const HELD_BYTES_MAX = 4 * 1024 * 1024;

/** What "about a kilometre" is (\`native/catalog\`, location.coarse). */
const COARSE_METRES = 1_000;
const noBytes = (): undefined => undefined;

/** With the body, which travels beside the other parameters. */
function withBody(given: unknown, { body }: CallMessage): unknown {
  return body === undefined || !isPlainObject(given) ? given : { ...given, body };
}

/** Only the members that the grant names; `fields` is absent where all may be returned. */
function keepFields(
  value: Readonly<Record<string, unknown>>,
  fields: readonly string[] | undefined,
): Record<string, unknown> {
  if (fields === undefined) return { ...value };
  return Object.fromEntries(Object.entries(value).filter(([name]) => fields.includes(name)));
}

/**
 * Decides, then carries out, the calls of one running program (spec §3, §5). Whose calls they are was settled when its
 * channel was made; a program id among the parameters is just another member that no schema names.
 */
export function createBridgeSession(options: BridgeSessionOptions): BridgeSession {
  const { appId, versionCode, channel, limits, registry, usage } = options;
  const ending = new AbortController();
  // as many listen as there are calls under way
  setMaxListeners(0, ending.signal);
  let busy = 0;
  let heldBytes = 0;

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
      consent: capability === undefined ? undefined : options.consent.answerOf(capability),
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
    const unmet = findUnmetConstraint(
      { ...(maxBytes === undefined ? {} : { maxBytes }), ...(mediaTypes === undefined ? {} : { mediaTypes }) },
      undefined,
      measuredOf(api, outcome),
    );
    if (unmet === undefined) return undefined;
    const rule = `/grants/${pointerToken(api.capability.name)}/constraints/${unmet}`;
    return { code: "CONSTRAINT_NOT_MET", layer: "grant", rule, by };
  };

  /** A place is told no finer than every grant in force lets it be, and than its capability says of itself. */
  const boundPlace = (api: Api, value: Readonly<Record<string, unknown>>) => {
    if (!api.result.includes("latitude")) return value;
    const { policy, newer } = options.policy();
    const wished = [policy, newer].map((by) => by?.grants.get(api.capability.name)?.constraints?.precisionMetres ?? 0);
    const least = api.capability.name === "location.coarse" ? COARSE_METRES : 0;
    return coarsenPlace(value, Math.max(least, ...wished));
  };

  /** Of a call that was allowed: what was withdrawn or narrowed since counts, what was widened does not. */
  const decideAgain = (asked: Omit<ApiQuestion, "params">, first: DecidedBy<ApiDecision>): DecidedBy<ApiDecision> => {
    const question = { ...asked, now: options.policyNow() };
    const again = decideCallByBoth(options.policy(), (policy) => hasAccess(policy, question));
    const { fields } = first;
    if (again.decision === "deny" || fields === undefined) return again;
    return { ...again, fields: again.fields?.filter((field) => fields.includes(field)) ?? fields };
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
          ...(outcome.explained === undefined ? {} : { explained: outcome.explained }),
        });
      case "value": {
        const told = boundPlace(api, outcome.value);
        if (told === undefined) return fail(call.id, "the device gave no answer that can be handed on");
        const unmet = refuseResult(api, outcome);
        if (unmet !== undefined) return refuse(call, unmet);
        const isKept = (member: string) => fields === undefined || fields.includes(member);
        const body = isKept("body") ? outcome.body : undefined;
        const value = keepFields(told, fields);
        const { text } = outcome;
        const given = text && isKept(text.member) ? new WithText(value, text.member, text.json) : value;
        if (!answer(call.id, true, given, body)) fail(call.id, "the answer is too long");
      }
    }
  };
  const carryOut = async (call: Call, api: Api, decision: DecidedBy<ApiDecision>): Promise<void> => {
    const isRequest = api.purpose !== null;
    const refused = isRequest ? limits.admitRequest() : undefined;
    if (refused !== undefined) {
      return refuse(call, refused, {
        url: urlOf(call.params),
        ...(api.purpose === null ? {} : { purpose: api.purpose }),
      });
    }
    const before = options.policy();
    const asked = question(api, api.name);
    usage.add(api.capability.name);
    count({ apis: { [api.name]: { allowed: 1 } }, ...(isRequest ? { requests: 1 } : {}) });
    const handler = registry.find(api.name);
    const after: (() => void)[] = [];
    let isOver = false;
    const letGo = (): void => {
      isOver = true;
      for (const run of after) run();
    };
    if (!isRequest) beBusy(1);
    try {
      if (handler === undefined) return fail(call.id, "this device can't do it");
      const params = (call.params ?? {}) as Record<string, unknown>;
      const { bytesOf } = call;
      const afterAnswer = (run: () => void): void => {
        if (isOver) run();
        else after.push(run);
      };
      const outcome = await handler({ params, bytesOf, decision, signal: ending.signal, afterAnswer });
      // Transfers are cut by whoever carries them out; whatever else took its time is held to what is in force by now.
      const isAsBefore = isRequest || outcome.outcome !== "value" || options.policy() === before;
      const now = isAsBefore ? decision : decideAgain(asked, decision);
      if (now.decision === "deny") return await refuse(call, now);
      await finish(call, api, now, outcome);
    } finally {
      if (isRequest) limits.settleRequest();
      else beBusy(-1);
      if (after.length > 0) void channel.taken().then(letGo);
    }
  };
  const beBusy = (more: 1 | -1): void => {
    busy += more;
    if (busy >= BUSY_MAX) channel.hold("busy");
    else channel.release("busy");
  };
  const keepBytes = (bytes: number): void => {
    heldBytes += bytes;
    if (heldBytes > HELD_BYTES_MAX) channel.hold("bytes");
    else channel.release("bytes");
  };
  const bytesOfMessage = ({ params, body }: CallMessage): number =>
    (params.length > LONG_BYTES ? params.length : 0) + (body?.length ?? 0);
  const decideNow = (call: Call, api: Api | undefined, consent?: ConsentAnswer) => {
    const now = question(api, call.api);
    const asked = { ...now, ...(consent === undefined ? {} : { consent }), params: call.params };
    return { asked, decision: decideCallByBoth(options.policy(), (policy) => decideApi(policy, asked)) };
  };
  /** Nobody is asked about a call that would be refused all the same: that refusal is told (spec 5.57). Else it is decided anew. */
  const askPerson = async (call: Call, api: Api, first: ReturnType<typeof decideNow>) => {
    const capability = api.capability.name;
    if (!options.consent.mayAsk(capability)) return first;
    const withConsent = decideNow(call, api, "given");
    if (withConsent.decision.decision === "deny") return withConsent;
    await options.consent.ask(capability);
    return decideNow(call, api);
  };
  const decideCall = async (call: Call): Promise<void> => {
    const api = findApi(call.api);
    const first = decideNow(call, api);
    const { asked, decision } =
      first.decision.code === "CONSENT_REQUIRED" && api !== undefined ? await askPerson(call, api, first) : first;
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

  const safely = (call: Call, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      // the program learns that it failed; why is the host's own affair
      options.log("error", "call_failed", { appId, api: boundText(call.api, 128), error });
      fail(call.id, "the host could not do it");
    });
  const begin = (call: Call, message: CallMessage): void => {
    call.params = withBody(call.params, message);
    const bytes = bytesOfMessage(message);
    if (bytes > 0) keepBytes(bytes);
    void safely(call, decideCall(call)).then(() => {
      if (bytes > 0) keepBytes(-bytes);
    });
  };
  /** What nobody looks into is not built up here; but where a grant bounds it, it is. */
  const unreadMembers = (api: Api | undefined): readonly string[] => {
    if (api === undefined || !registry.readsBytes(api.name)) return [];
    const { policy, newer } = options.policy();
    const isBounded = [policy, newer].some(
      (one) => one?.grants.get(api.capability.name)?.constraints?.maxBytes !== undefined,
    );
    return isBounded ? [] : api.anyJson;
  };
  const readOn = (call: Call, message: CallMessage): Rest => {
    const api = findApi(call.api);
    const unread = unreadMembers(api);
    const reading = readLongParameters(message.params, unread);
    return () => {
      const read = reading.advance(PIECE_UNITS);
      if (read === undefined) return !ending.signal.aborted;
      // a bound that came meanwhile has to see all of it
      const isWhole = unread.length === 0 || unreadMembers(api).length > 0;
      const params = isWhole ? read.params : readParameters(message.params);
      begin({ ...call, params, bytesOf: reading.bytesOf }, message);
      return false;
    };
  };

  return {
    handle(message) {
      if (ending.signal.aborted) return undefined;
      const call: Call = { id: message.id, api: message.api, params: undefined, bytesOf: noBytes };
      const flooded = limits.admitCall();
      if (flooded !== undefined) {
        void safely(call, refuse(call, flooded));
        return undefined;
      }
      if (message.kind === "ask") {
        const api = findApi(message.api);
        const asked = question(api, message.api);
        const decision = decideByBoth(options.policy(), (policy) => hasAccess(policy, asked));
        answer(message.id, true, decision.decision === "allow");
        return undefined;
      }
      if (!message.oversized && message.params.length > LONG_BYTES) return readOn(call, message);
      // what was too long for a message is null: no schema takes it
      call.params = message.oversized ? null : readParameters(message.params);
      begin(call, message);
      return undefined;
    },
    close: () => ending.abort(),
  };
}

/** What of an answer constraints are held against: all that it carries, by the members that they know (spec 5.44). */
function measuredOf(api: Api, outcome: Extract<CallOutcome, { outcome: "value" }>): Readonly<Record<string, unknown>> {
  const known = { ...outcome.value, body: outcome.body, value: valueGiven(outcome) };
  if (api.purpose !== null) return known;
  // Lists and objects under names of the API's own carry as much as those that are known.
  const others = Object.entries(outcome.value).filter(
    ([name, item]) => name !== "value" && name !== "data" && typeof item === "object" && item !== null,
  );
  return others.length === 0
    ? known
    : { ...known, data: [outcome.value.data ?? null, ...others.map(([, item]) => item)] };
}

function valueGiven({ value, text }: Extract<CallOutcome, { outcome: "value" }>): unknown {
  return text?.member === "value" ? JSON.parse(new TextDecoder().decode(text.json)) : value.value;
}

/** Of parameters that the schema accepted. */
function urlOf(params: unknown): string {
  return typeof params === "object" && params !== null && "url" in params ? String(params.url) : "";
}
