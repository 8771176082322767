import { findCapability } from "../../core/decide/catalog";
import type { ConsentAnswer, ConsentOutcome, ConsentProvider } from "../api/providers";
import type { HostLog, HostTimers } from "../ports";
import { withinBound } from "./within-bound";

/** How long the person is waited for, unless whoever embeds the host says otherwise. */
export const CONSENT_MS_MAX = 60_000;
/** Calls of one program that wait for answers; past it a call is refused without waiting. */
const WAITING_MAX = 8;

export type ConsentDesk = {
  /** What the person said in this run of the program; undefined where he was not asked, or nobody answered. */
  answerOf(capability: string): ConsentAnswer | undefined;
  /** Whether there is somebody to ask, who was not asked before. */
  mayAsk(capability: string): boolean;
  /**
   * Asks, or waits for the question that is open: resolves once there is an answer or will be none. Undefined where
   * nobody may be asked, and where too many calls wait already.
   */
  ask(capability: string): Promise<void> | undefined;
  /** Calls off what is open; nothing is asked any more. */
  close(): void;
};

/**
 * Asks the person for one program, each capability once a run, so that a program cannot wear him down. Not to be answered is
 * no consent: a provider that throws, hangs or answers something else has given nothing, and is asked no second time.
 */
export function createConsentDesk(options: {
  appId: string;
  versionCode: number;
  provider: ConsentProvider | undefined;
  /** What the program says of itself and of its wish. */
  words(capability: string): { name: string; reason: string | null };
  limitMs?: number;
  timers: HostTimers;
  /** Hears what came of each question. */
  onOutcome(capability: string, outcome: ConsentOutcome): void;
  log: HostLog;
}): ConsentDesk {
  const { appId, versionCode, provider, timers, limitMs = CONSENT_MS_MAX } = options;
  const answers = new Map<string, ConsentAnswer | "none">();
  const open = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let waiting = 0;

  function mayAsk(capability: string): boolean {
    return provider !== undefined && !closing.signal.aborted && !answers.has(capability);
  }

  async function put(capability: string, ask: ConsentProvider): Promise<void> {
    const { title, exposes } = findCapability(capability) ?? { title: capability, exposes: "" };
    const question = { appId, versionCode, ...options.words(capability), capability, title, exposes };
    const end = await withinBound<unknown>((signal) => ask({ ...question, signal }), {
      ...{ limitMs, timers },
      outer: closing.signal,
    });
    open.delete(capability);
    if (end.kind === "called_off") return;
    const outcome = outcomeOf(end);
    const isAnswer = outcome === "given" || outcome === "refused";
    answers.set(capability, isAnswer ? outcome : "none");
    const error = end.kind === "threw" ? { error: end.error } : {};
    if (!isAnswer) options.log("error", "consent_not_answered", { appId, capability, outcome, ...error });
    options.onOutcome(capability, outcome);
  }

  return {
    answerOf(capability) {
      const answer = answers.get(capability);
      return answer === "none" ? undefined : answer;
    },
    mayAsk,
    ask(capability) {
      if (provider === undefined || !mayAsk(capability) || waiting >= WAITING_MAX) return undefined;
      const asked = open.get(capability) ?? put(capability, provider);
      open.set(capability, asked);
      waiting += 1;
      return asked.finally(() => {
        waiting -= 1;
      });
    },
    close: () => closing.abort(),
  };
}

function outcomeOf(end: { kind: "value"; value: unknown } | { kind: "threw" } | { kind: "timed_out" }): ConsentOutcome {
  if (end.kind !== "value") return end.kind;
  return end.value === "given" || end.value === "refused" ? end.value : "not_understood";
}
