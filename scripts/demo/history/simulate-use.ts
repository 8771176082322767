import { causeKey, denialSubject, makeDenialId } from "@/native/core/decide/cause-key";
import type { CompiledPolicy } from "@/native/core/decide/compile-policy";
import { decideApi } from "@/native/core/decide/decide-api";
import type { Decision } from "@/native/core/decide/decision";
import type { DenialCount, HostCount, MinuteEntry, TelemetryEvent } from "@/native/core/telemetry/batch";
import { nodeCrypto } from "@/native/node/crypto";
import type { Habit, Release } from "./cast";
import type { Chance } from "./walking-clock";

export type Used = { minute: MinuteEntry; events: TelemetryEvent[] };

const RUNTIME = { kind: "linux", version: "0.1.0" };
/** What each call gives to its API, where that asks for something. */
const PARAMETERS: Readonly<Record<string, unknown>> = {
  "storage.local.get": { key: "settings" },
  "storage.local.set": { key: "settings", value: "{}" },
  "notifications.show": { title: "Your table is ready" },
};

type Counted = {
  hosts: Map<string, HostCount>;
  denials: Map<string, DenialCount>;
  apis: Map<string, { allowed: number; denied: number }>;
};

/**
 * One minute of use of a release, as a device counts it: each call is decided by the evaluator that every runtime has, by the
 * documents that this device holds. The first refusal of a cause in this session is an event too.
 */
export function simulateMinute(
  asked: {
    policy: CompiledPolicy;
    release: Release;
    at: number;
    applied: { epoch: number; platform: number; program: number };
    /** Whether the program falls in it. */
    crashes: boolean;
  },
  { chance, refused }: { chance: Chance; refused: Set<string> },
): Used {
  const { policy, release, at, applied, crashes } = asked;
  const { limits } = policy;
  const counted: Counted = { hosts: new Map(), denials: new Map(), apis: new Map() };
  const events: TelemetryEvent[] = [];
  const spent: Record<string, { refused?: number; throttledMs?: number }> = {};
  let requests = 0;
  let blocked = 0;
  let burstMax = 0;
  let calls = 0;

  function refuse(habit: Habit, decision: Pick<Decision, "code" | "layer" | "rule">, count: number): void {
    const { target, subject, api } = denialSubject(habit);
    const cause = causeKey(
      { appId: policy.appId, versionCode: release.code, code: decision.code, subject },
      nodeCrypto.sha256,
    );
    const about = {
      api,
      ...target,
      ...(target === undefined || habit.purpose === undefined ? {} : { purpose: habit.purpose }),
    };
    const { code, layer, rule } = decision;
    counted.denials.set(cause, { cause, code: code as never, layer, rule, ...about, count });
    if (refused.has(cause)) return;
    refused.add(cause);
    const isHost = layer === "host" || code === "HOST_BLOCKED_BY_PLATFORM";
    const random = Math.floor(chance() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    const denialId = makeDenialId(cause, `${at.toString(16)}${random}`);
    events.push({
      ...{
        eventId: `evt-${denialId}`,
        at: at + Math.floor(chance() * 50),
        type: isHost ? "blocked_request" : "denied_api",
      },
      ...{ appId: policy.appId, versionCode: release.code, denialId, code: code as never, layer, rule },
      ...{ epoch: applied.epoch, platformRevision: applied.platform, programRevision: applied.program, ...about },
    });
  }

  for (const habit of release.habits) {
    const wished = Math.floor(habit.perMinute * (0.6 + chance() * 0.8) + chance());
    if (wished === 0) continue;
    calls += wished;
    const params = habit.url === undefined ? (PARAMETERS[habit.api] ?? {}) : { url: habit.url };
    const context = { foreground: true, gesture: true, used: { perMinute: 0, perDay: 0 } };
    const question = {
      versionCode: release.code,
      api: habit.api,
      params,
      runtime: RUNTIME,
      now: at,
      consent: "given" as const,
      context,
    };
    const decision = decideApi(policy, question);
    const atOnce = habit.burst === undefined ? Math.ceil(wished / 12) : Math.min(wished, habit.burst);
    const most = limits.requestsPerSecond.limit.max;
    const over = decision.decision === "allow" && habit.url !== undefined ? Math.max(0, atOnce - most) : 0;
    const denied = decision.decision === "deny" ? wished : over;
    const allowed = wished - denied;
    const tally = counted.apis.get(habit.api) ?? { allowed: 0, denied: 0 };
    counted.apis.set(habit.api, { allowed: tally.allowed + allowed, denied: tally.denied + denied });
    if (decision.decision === "deny") refuse(habit, decision, wished);
    if (over > 0) {
      spent.requestsPerSecond = { refused: (spent.requestsPerSecond?.refused ?? 0) + over };
      refuse(habit, { code: "RATE_LIMITED", layer: "limit", rule: limits.requestsPerSecond.rule }, over);
    }
    const { target } = denialSubject(habit);
    if (target === undefined || habit.purpose === undefined) continue;
    requests += allowed;
    blocked += denied;
    burstMax = Math.max(burstMax, Math.min(atOnce, most));
    const key = `${target.host}:${target.port}`;
    counted.hosts.set(key, { ...target, purpose: habit.purpose, allowed, blocked: denied });
  }

  const wishedCpu = Math.floor(release.cpuMsPerMinute * (0.55 + chance() * 0.7));
  const { limit } = limits.cpuMsPerMinute;
  const cpuMs = limit.action === "throttle" ? Math.min(wishedCpu, limit.max) : wishedCpu;
  const throttledMs = Math.min(55_000, (wishedCpu - cpuMs) * 4);
  if (throttledMs > 0) spent.cpuMsPerMinute = { throttledMs };
  if (crashes) {
    events.push({
      eventId: `evt-crash-${at}-${Math.floor(chance() * 2 ** 40).toString(16)}`,
      at: at + 30,
      type: "crashed",
      appId: policy.appId,
      versionCode: release.code,
    });
  }
  const isMeasured = Object.keys(spent).length > 0;
  return {
    minute: {
      ...{ at, cpuMs, memoryBytesMax: Math.floor(release.memoryMiB * 1_048_576 * (0.85 + chance() * 0.3)) },
      ...{
        requests,
        blocked,
        bytesIn: requests * Math.floor(2_000 + chance() * 9_000),
        bytesOut: requests * Math.floor(200 + chance() * 500),
      },
      ...{ inFlightMax: Math.min(requests, 1 + Math.floor(chance() * 4)), throttledMs, crashes: crashes ? 1 : 0 },
      apis: Object.fromEntries(counted.apis),
      hosts: [...counted.hosts.values()],
      denials: [...counted.denials.values()],
      ...{
        requestsPerSecondMax: burstMax,
        bridgeCalls: calls,
        bridgeCallsPerSecondMax: Math.max(1, Math.ceil(calls / 15)),
      },
      ...{ storageBytesMax: Math.floor((release.keepsBytes ?? 40_000) * (0.9 + chance() * 0.2)), cacheBytesMax: 0 },
      ...(isMeasured ? { limits: spent } : {}),
      applied,
    },
    events,
  };
}
