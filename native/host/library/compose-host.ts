import publicSuffixData from "../../catalog/public-suffixes.json" with { type: "json" };
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import { isAppId } from "../../core/manifest/app-id";
import type { Host, OpenHostOptions } from "../api/host";
import type { HostLog, HostStatus, ProgramStatus } from "../api/host-status";
import { probeConfinement } from "../confinement/probe-confinement";
import { sayConfinement } from "../confinement/say-confinement";
import { createProgramLauncher } from "../program/program-runner";
import { startHost } from "../runtime/host";
import type { HostOptions, ProgramRefused } from "../runtime/host-options";
import { findProviderFault } from "./check-providers";
import { createEventHub, type EventHub } from "./event-hub";
import { hostError } from "./host-error";

/** What stands for the machine and the network, where a test or a platform of one's own brings it. */
export type HostPorts = Partial<
  Pick<
    HostOptions,
    | "startProgram"
    | "layers"
    | "clock"
    | "timers"
    | "random"
    | "randomId"
    | "randomSeed"
    | "files"
    | "resolve"
    | "transport"
    | "storageDir"
    | "restart"
  >
>;

/** One, since a person opens one program at a time. */
const SPARES = 1;

const publicSuffixes = readPublicSuffixes(publicSuffixData);

/** As `openHost`, on ports of the caller's. */
export async function openHostWith(options: OpenHostOptions, ports: HostPorts = {}): Promise<Host> {
  const { capabilities = [], onEvent, log = () => undefined, programs = [], spares = SPARES, ...rest } = options;
  const fault = findProviderFault(capabilities);
  if (fault !== undefined) throw hostError("provider_invalid", fault);
  const hub = createEventHub(log);
  if (onEvent) hub.on(onEvent);
  const layers = ports.layers ?? (await probeAndSay(options, log));
  const { allowDegraded = [] } = options;
  const launcher = await createProgramLauncher({ spares: ports.startProgram ? 0 : spares, allowDegraded, log });
  const started = await startHost({
    ...{ startProgram: launcher.startProgram, publicSuffixes },
    ...rest,
    ...ports,
    ...{ layers, log, programs, capabilities },
    onStatus: createStatusTeller(hub),
    onConsole: (appId, line) => hub.emit({ kind: "console", appId, line }),
    onConsent: (appId, capability, outcome) => hub.emit({ kind: "consent", appId, capability, outcome }),
    onDenied: (denial) => hub.emit({ kind: "denied", ...denial }),
  }).catch(async (error: unknown) => {
    await launcher.close();
    throw error;
  });
  if (!started.ok) {
    await launcher.close();
    throw hostError(started.reason);
  }
  const { host } = started;

  let closing: Promise<void> | undefined;
  const close = async () => {
    try {
      await host.stop();
    } finally {
      await launcher.close();
      hub.close();
    }
  };
  /** What a host that is being closed did not do was called off by that. */
  const refuse = ({ reason, detail }: ProgramRefused) =>
    closing === undefined ? hostError(reason, detail) : hostError("host_closed");
  const requireOpen = (appId: string) => {
    if (closing !== undefined) throw hostError("host_closed");
    if (!isAppId(appId)) throw hostError("program_unknown");
  };
  return {
    async install({ appId, versionCode, bundle }) {
      requireOpen(appId);
      const done = await host.install({ appId, ...(versionCode === undefined ? {} : { versionCode }) }, bundle);
      if (!done.ok) throw refuse(done);
      hub.emit({ kind: "installed", appId, versionCode: done.versionCode });
      return { appId, versionCode: done.versionCode };
    },
    async launch(appId, { versionCode } = {}) {
      requireOpen(appId);
      const done = await host.launch({ appId, ...(versionCode === undefined ? {} : { versionCode }) });
      if (!done.ok) throw refuse(done);
      return done.status;
    },
    stop: (appId) => host.stopProgram(appId),
    programs: () => host.status().programs,
    status: () => host.status(),
    refresh: () => host.refresh(),
    on: hub.on,
    events: hub.events,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function probeAndSay({ allowDegraded = [] }: OpenHostOptions, log: HostLog) {
  const { layers } = await probeConfinement();
  sayConfinement(layers, allowDegraded, log);
  return layers;
}

/** Tells what changed since it was told last: of each program, then of all. */
function createStatusTeller(hub: EventHub): (status: HostStatus) => void {
  const toldOf = new Map<string, string>();
  let told = "";
  const isNews = (known: string | undefined, now: HostStatus | ProgramStatus): string | undefined => {
    const text = JSON.stringify(now);
    return text === known ? undefined : text;
  };
  return (status) => {
    const news = isNews(told, status);
    if (news === undefined) return;
    told = news;
    for (const program of status.programs) {
      const own = isNews(toldOf.get(program.appId), program);
      if (own === undefined) continue;
      toldOf.set(program.appId, own);
      hub.emit({ kind: "program", ...program });
    }
    hub.emit({ kind: "status", status });
  };
}
