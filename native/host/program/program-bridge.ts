import { randomBytes } from "node:crypto";
import type { BridgeChannelHandlers, FromProgramMessage, Rest, Violation } from "../bridge/bridge-channel";
import { createBridgeSession } from "../bridge/bridge-session";
import { type CapabilityRegistry, createCapabilityRegistry } from "../bridge/capability-registry";
import { type ConsentDesk, createConsentDesk } from "../bridge/consent-desk";
import { type ConsoleLog, createConsoleLog } from "../bridge/console-log";
import { createDenialReporter } from "../bridge/denial-reporter";
import { deviceInfoHandler } from "../bridge/handlers/device-info";
import { networkRequestHandler } from "../bridge/handlers/network-request";
import { storageLocalHandler } from "../bridge/handlers/storage-local";
import { providedHandler } from "../bridge/provided-handler";
import type { EngineChannel } from "../engines/engine";
import { createMeteredLimits } from "../monitor/metered-limits";
import type { ProgramMonitor } from "../monitor/program-monitor";
import type { AppliedPolicy, StartProgramOptions } from "../ports";
import { systemTimers } from "../runtime/system-ports";
import { createHopDecision } from "./decide-hop";
import { readDeviceProfile } from "./device-profile";
import type { ProgramFiles } from "./program-files";
import { programWords } from "./program-words";

export type ProgramBridgeOptions = {
  start: StartProgramOptions;
  /** The policy of this moment. */
  policy(): AppliedPolicy;
  /** Joins the engine's end. */
  connect(handlers: BridgeChannelHandlers): EngineChannel;
  files: ProgramFiles;
  monitor: ProgramMonitor;
  onReady(): void;
  onFault(reason: number, text: string): void;
  onViolation(violation: Violation): void;
  onClosed(): void;
};

export type ProgramBridge = {
  begin: EngineChannel["begin"];
  console: Pick<ConsoleLog, "lines" | "say">;
  takeHostCpuMs(): number;
  close(): void;
};

/** What a program's calls can reach on this runtime: one handler a capability. */
function registerHandlers(
  { start, policy, files }: ProgramBridgeOptions,
  refuseSize: Parameters<typeof storageLocalHandler>[0]["refuseSize"],
  consent: ConsentDesk,
): CapabilityRegistry {
  const { appId, versionCode } = start.bundle;
  const { runtime, policyNow } = start;
  const decideHop = createHopDecision({ versionCode, runtime, policy, policyNow, consent: consent.answerOf });
  return createCapabilityRegistry([
    deviceInfoHandler(readDeviceProfile(runtime)),
    storageLocalHandler({ appId, user: start.user, area: files.storage, refuseSize }),
    networkRequestHandler({ appId, versionCode, egress: start.egress, decideHop }),
    ...(start.capabilities ?? []).map((provider) =>
      providedHandler(provider, {
        ...{ appId, versionCode, timers: systemTimers, log: start.log },
        ...(start.capabilityMsMax === undefined ? {} : { limitMs: start.capabilityMsMax }),
      }),
    ),
  ]);
}

/** Joins one program's channel to its session, its limits and its console. Everything here is that program's alone. */
export function createProgramBridge(options: ProgramBridgeOptions): ProgramBridge {
  const { start, policy, monitor, files } = options;
  const { appId, versionCode } = start.bundle;
  const { clock, runtime, policyNow, telemetry, log } = start;
  const consoleLog = createConsoleLog({ ...clock, onLine: (line) => start.console?.(line) });
  const consent = createConsentDesk({
    ...{ appId, versionCode, log, provider: start.consent, timers: systemTimers },
    ...(start.consentMsMax === undefined ? {} : { limitMs: start.consentMsMax }),
    words: (capability) => programWords(start.bundle, capability),
    onOutcome: (capability, outcome) => start.onConsent?.(capability, outcome),
  });

  const onMessage = (message: FromProgramMessage): Rest | undefined => {
    switch (message.kind) {
      case "ready":
        options.onReady();
        return undefined;
      case "call":
      case "ask":
        return session.handle(message);
      case "console":
        consoleLog.write(message.level, message.text);
        return undefined;
      case "droppedLines":
        consoleLog.lose(message.count);
        return undefined;
      case "dropped":
        limits.noteFlood(message.count);
        return undefined;
      case "fault":
        options.onFault(message.reason, message.text);
        return undefined;
    }
  };
  const channel = options.connect({
    onMessage,
    onViolation: options.onViolation,
    onClosed: options.onClosed,
    turns: start.turns,
  });
  const limits = createMeteredLimits({
    meter: monitor.meter,
    policy,
    monotonicMs: clock.monotonicMs,
    onEvents: monitor.act,
    listening: channel,
    timers: systemTimers,
    count: monitor.count,
  });
  const session = createBridgeSession({
    appId,
    versionCode,
    runtime,
    policy,
    policyNow,
    channel,
    registry: registerHandlers(options, limits.admitStorage, consent),
    limits,
    usage: files.usage,
    denials: createDenialReporter({
      appId,
      versionCode,
      telemetry,
      policy,
      randomId: () => randomBytes(8).toString("hex"),
    }),
    telemetry,
    consent,
    moment: () => start.moment?.() ?? { foreground: false, gesture: false },
    log,
  });
  return {
    begin: channel.begin,
    console: consoleLog,
    takeHostCpuMs: channel.takeCpuMs,
    close() {
      consent.close();
      session.close();
      channel.close();
      consoleLog.end();
    },
  };
}
