import { decideAddress } from "../../core/decide/decide-address";
import { createBundleOpener } from "../../node/open-bundle-elsewhere";
import type { CallMoment, ConsentOutcome } from "../api/providers";
import { createHostTurns } from "../bridge/host-turns";
import type { RunningDevice } from "../device/run-device";
import type { FindDevelopmentHost } from "../egress/development-hosts";
import { createEgress, type Egress } from "../egress/perform-request";
import { createNameResolver } from "../egress/resolve-name";
import type { ConsoleLine, HostClock, HostTimers, TelemetryPort } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import type { PolicyClient } from "../sync/policy-client";
import { type BundleStore, createBundleStore } from "./bundle-store";
import type { DataDirectory } from "./data-directory";
import { guardListener } from "./guard-listener";
import type { HostOptions } from "./host-options";
import { createPolicySource } from "./policy-source";
import { createProgramSupervisor, type ProgramSupervisor } from "./program-supervisor";
import { createProgramsBudget } from "./programs-budget";
import { RUNTIME_VERSION } from "./runtime-version";

/** The programs of this host and the one door through which their requests leave. */
export function createPrograms(
  options: HostOptions,
  parts: {
    device: RunningDevice;
    client: PolicyClient;
    data: DataDirectory;
    files: DurableFiles;
    findDevelopmentHost: FindDevelopmentHost;
    clock: HostClock;
    timers: HostTimers;
    random(): number;
    onChange(): void;
  },
): { supervisor: ProgramSupervisor; egress: Egress; bundles: BundleStore } {
  const { device, client, data, files, clock, timers, random } = parts;
  const { log } = options;
  const { view, policyNow } = device;
  const telemetry = hearDenials(device.telemetry, guardListener(options.onDenied, "denial_not_heard", log));
  const bundles = createBundleStore({
    files,
    directory: data.bundles,
    client,
    documentsOf: (appId) => view.documentsOf(appId),
    telemetry,
    log,
    open: createBundleOpener(),
  });
  const egress = createEgress({
    resolve: options.resolve ?? createNameResolver(),
    isPublicAddress: (address) => decideAddress(address).decision === "allow",
    findDevelopmentHost: parts.findDevelopmentHost,
    telemetry,
    policyNow,
  });
  const storageDir = options.storageDir ?? data.storage;
  const storageBudget = createProgramsBudget({
    ...{ root: storageDir, budgetBytes: options.storageBudgetBytes, programs: options.programs.length },
    ...{ clock, telemetry, log },
  });
  const { consent, consentMsMax, capabilities, capabilityMsMax } = options;
  const onConsent = guardListener(options.onConsent, "consent_not_heard", log);
  const moment = guardListener(options.moment, "moment_not_told", log);
  const onConsole = guardListener(options.onConsole, "console_not_heard", log);
  const supervisor = createProgramSupervisor({
    desired: options.programs,
    stopped: () => device.narrowed.stopped,
    policies: createPolicySource(view),
    getBundle: bundles.get,
    startProgram: options.startProgram,
    surroundings: {
      user: options.user ?? "default",
      storageDir,
      storageBudget,
      runtime: { kind: "linux", version: RUNTIME_VERSION },
      clock,
      policyNow,
      egress,
      telemetry,
      turns: createHostTurns({ monotonicMs: clock.monotonicMs, timers, later: setImmediate }),
      allowDegraded: options.allowDegraded ?? [],
      log,
    },
    personal(appId) {
      return {
        ...(consent ? { consent } : {}),
        ...(consentMsMax === undefined ? {} : { consentMsMax }),
        onConsent: (capability: string, outcome: ConsentOutcome) => onConsent?.(appId, capability, outcome),
        ...(moment ? { moment: () => momentOf(moment(appId)) } : {}),
        ...(capabilities ? { capabilities } : {}),
        ...(capabilityMsMax === undefined ? {} : { capabilityMsMax }),
        ...(onConsole ? { console: (line: ConsoleLine) => onConsole(appId, line) } : {}),
      };
    },
    timers,
    random,
    restart: options.restart ?? true,
    log,
    onChange: parts.onChange,
  });
  const stop = () => supervisor.stop().finally(storageBudget.close);
  return { supervisor: { ...supervisor, stop }, egress, bundles };
}

/** What is told of a refused call is told to whoever embeds the host too. */
function hearDenials(telemetry: TelemetryPort, onDenied: HostOptions["onDenied"]): TelemetryPort {
  if (onDenied === undefined) return telemetry;
  return {
    addToMinute: telemetry.addToMinute,
    recordEvent(event) {
      telemetry.recordEvent(event);
      const { appId, versionCode, denialId, code, rule = null, api = null, host = null } = event;
      if (appId === undefined || versionCode === undefined || denialId === undefined || code === undefined) return;
      onDenied({ appId, versionCode, code, rule, denialId, api, host });
    },
  };
}

/** Only what is said to be so is: whatever else was answered is no foreground and no gesture. */
function momentOf(told: unknown): CallMoment {
  const { foreground, gesture } = typeof told === "object" && told !== null ? (told as Partial<CallMoment>) : {};
  return { foreground: foreground === true, gesture: gesture === true };
}
