/** What runs on a device, and how it stands with its platform. */

export type ConsoleLine = { atMs: number; level: "debug" | "info" | "warn" | "error"; text: string };

/** Writes one structured line; secrets are never among `fields`. */
export type HostLog = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields?: Record<string, unknown>,
) => void;

export type ProgramStatus = {
  appId: string;
  state: "waiting" | "starting" | "running" | "stopping" | "ended";
  versionCode: number | null;
  pid: number | null;
  /** Why it does not run, where it does not. */
  reason: string | null;
  /** The same in a sentence, of an end that nobody wished for. */
  says: string | null;
  programRevision: number | null;
};

/** One layer of confinement, as the host's probe of this machine found it. */
export type LayerStatus = { name: string; active: boolean; reason?: string | undefined };

export type HostStatus = {
  deviceId: string;
  platform: string;
  environment: "production" | "development" | null;
  epoch: number;
  keysetRevision: number;
  platformRevision: number;
  isConnected: boolean;
  isRevoked: boolean;
  /** A document that is in force has ended: sensitive capabilities are denied. */
  isStale: boolean;
  layers: readonly LayerStatus[];
  programs: readonly ProgramStatus[];
};
