/** What whoever embeds the host imports (docs/guides/embed.md). */
export type {
  DevelopmentHost,
  DevelopmentHostOptions,
  Enrolled,
  EnrolOptions,
  Host,
  HostProviders,
  Installed,
  InstallRequest,
  OpenHostOptions,
  ProgramChoice,
} from "../api/host";
export { HostError, type HostErrorCode } from "../api/host-error";
export type { Denial, HostEvent } from "../api/host-event";
export type { ConsoleLine, HostLog, HostStatus, LayerStatus, ProgramStatus } from "../api/host-status";
export {
  type CallMoment,
  type CapabilityAnswer,
  type CapabilityCall,
  CapabilityFailure,
  type CapabilityProvider,
  type ConsentAnswer,
  type ConsentOutcome,
  type ConsentProvider,
  type ConsentQuestion,
} from "../api/providers";
export { enrolDevice } from "./enrol-device";
export { openDevelopmentHost } from "./open-development-host";
export { openHost } from "./open-host";
