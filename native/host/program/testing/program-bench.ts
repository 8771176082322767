import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePolicy } from "../../../core/decide/compile-policy";
import type { PlatformClaims, ProgramClaims } from "../../../core/shapes/claims";
import type { MinuteIncrement } from "../../../core/telemetry/minute-entry";
import { createHostTurns } from "../../bridge/host-turns";
import { type Confinement, probeConfinement } from "../../confinement/probe-confinement";
import type { Engine } from "../../engines/engine";
import type {
  AppliedPolicy,
  ConsoleLine,
  EgressRequest,
  EgressResult,
  HostEvent,
  RunningProgram,
  StartProgramOptions,
} from "../../ports";
import { systemTimers } from "../../runtime/system-ports";
import { budgetOfTest } from "../../storage/testing/budget-of-test";
import { startProgramIn } from "../program-runner";
import type { SpareEngines } from "../spare-engines";

const APP_ID = "com.example.probe";
const VERSION = 3;
const NOW = 1_800_000_000;

/** One program of a test under a policy of the test's making: everything that it may do it was given here. */
export type PolicyWish = { program?: Partial<ProgramClaims>; platform?: Partial<PlatformClaims> };

/** A policy that grants what is public, to the one version that there is. */
export function policyOf({ program = {}, platform = {} }: PolicyWish = {}): AppliedPolicy {
  const platformClaims: PlatformClaims = {
    schema: 1,
    platform: "test",
    epoch: 1,
    revision: 10,
    iat: NOW - 60,
    exp: NOW + 3600,
    limits: {},
    blockedHosts: [],
    suspended: [],
    minRevisions: {},
    minRuntime: {},
    graceSeconds: 0,
    telemetry: { intervalSeconds: 60, sampling: 100 },
    auditHead: { sequence: 0, sha256: "0".repeat(64) },
    ...platform,
  };
  const declares = ["device.info", "storage.local", "network.request", "haptics.vibrate", "contacts.read"];
  const programClaims: ProgramClaims = {
    schema: 1,
    platform: "test",
    epoch: 1,
    revision: 5,
    iat: NOW - 60,
    exp: NOW + 3600,
    appId: APP_ID,
    status: "active",
    versions: [{ code: VERSION, name: "1.0", sha256: "0".repeat(64), size: 1, kid: "k", declares }],
    publisherKeys: [],
    grants: {
      "device.info": { consent: "none" },
      "storage.local": { consent: "none" },
      "network.request": { consent: "none" },
      "haptics.vibrate": { consent: "none" },
    },
    hosts: [{ host: "api.allowed.test", ports: [443], purposes: ["request"] }],
    limits: {},
    receives: [],
    externalRoutes: [],
    ...program,
  };
  const policy = compilePolicy(programClaims, platformClaims);
  const { revision: programRevision } = programClaims;
  return { policy, newer: undefined, epoch: 1, platformRevision: platformClaims.revision, programRevision };
}

export type Recorded = { events: HostEvent[]; minutes: MinuteIncrement[]; requests: EgressRequest[] };

export type TestProgram = {
  program: RunningProgram;
  recorded: Recorded;
  storageDir: string;
  /** Resolves to the first line of console that begins so; rejects when the program ends before. */
  line(beginning: string): Promise<string>;
  lines(): string[];
  sum(counter: "requests" | "blocked" | "crashes" | "throttledMs" | "cpuMs"): number;
  dispose(): Promise<void>;
};

export type TestProgramOptions = Partial<Omit<StartProgramOptions, "bundle" | "policy">> & {
  policy?: AppliedPolicy;
  /** Instead of this machine's. */
  confinement?: Confinement;
  /** Instead of this host's. */
  engine?: Engine;
  spares?: SpareEngines;
  answer?(request: EgressRequest): Promise<EgressResult>;
};

const refuseNothing = async (request: EgressRequest): Promise<EgressResult> => {
  const decision = request.decide(request.url, request.purpose, 0);
  if (decision.decision === "deny") return { outcome: "denied", url: request.url, hop: 0, decision };
  return { outcome: "response", url: request.url, status: 200, headers: {}, body: new TextEncoder().encode("ok") };
};

/** Starts a source text in the real confinement, with telemetry, console and requests recorded. */
export async function startTestProgram(source: string, options: TestProgramOptions = {}): Promise<TestProgram> {
  const storageDir = options.storageDir ?? (await mkdtemp(join(tmpdir(), "bulkhead-program-")));
  const recorded: Recorded = { events: [], minutes: [], requests: [] };
  const written: string[] = [];
  const logged: string[] = [];
  const waiting = new Set<() => void>();
  const { answer = refuseNothing, policy = policyOf(), confinement = await probeConfinement(), ...rest } = options;
  const recordedTelemetry = {
    addToMinute: (_program: unknown, increment: MinuteIncrement) => recorded.minutes.push(increment),
    recordEvent: (event: HostEvent) => recorded.events.push(event),
  };
  const { engine, spares, ...given } = rest;
  const asked: StartProgramOptions = {
    bundle: {
      appId: APP_ID,
      versionCode: VERSION,
      engine: "script",
      readFile: (path) => (path === "app.js" ? new TextEncoder().encode(source) : undefined),
    },
    policy,
    user: "me",
    storageDir,
    storageBudget: budgetOfTest(storageDir),
    runtime: { kind: "linux", version: "0.1.0" },
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    policyNow: () => NOW,
    turns: createHostTurns({ monotonicMs: () => performance.now(), timers: systemTimers, later: setImmediate }),
    egress: {
      request(request) {
        recorded.requests.push(request);
        return answer(request);
      },
    },
    telemetry: recordedTelemetry,
    allowDegraded: [],
    log: (level, event, fields) => logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
    console: (line: ConsoleLine) => {
      written.push(line.text);
      for (const wake of waiting) wake();
    },
    ...given,
  };
  const started = await startProgramIn(confinement, asked, { engine, spares });
  if (!started.ok) {
    const types = recorded.events.map((event) => event.type);
    throw new Error(["not started:", started.reason, started.missing?.join() ?? "", ...types, ...logged].join(" "));
  }
  const { program } = started;
  return {
    program,
    recorded,
    storageDir,
    lines: () => [...written],
    line: (beginning) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = written.find((text) => text.startsWith(beginning));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void program.ended.then(({ reason }) => reject(new Error(`ended: ${reason}; ${written.join(" | ")}`)));
      }),
    sum: (counter) => recorded.minutes.reduce((sum, minute) => sum + (minute[counter] ?? 0), 0),
    async dispose() {
      await program.stop("stopped");
      // The last counters of a program may still be on their way to the disk.
      await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
