export const ENROL_REFUSALS = [
  "enrolment_file_invalid",
  "url_not_allowed",
  "already_enrolled",
  "platform_unreachable",
  "keyset_refused",
  "enrolment_refused",
  "answer_of_another_platform",
  "state_not_stored",
] as const;
export type EnrolRefusal = (typeof ENROL_REFUSALS)[number];

export const HOST_REFUSALS = [
  "data_directory_in_use",
  "not_enrolled",
  "url_not_allowed",
  "development_hosts_refused",
  "development_hosts_invalid",
] as const;
export type HostRefusal = (typeof HOST_REFUSALS)[number];

/** Why a program is not installed or launched. */
export const PROGRAM_REFUSALS = [
  "program_unknown",
  "program_suspended",
  "policy_expired",
  "document_superseded",
  "upgrade_required",
  "version_not_listed",
  "bundle_unavailable",
  "bundle_refused",
  "already_running",
  "not_confined",
  "unsupported_engine",
  "start_failed",
  "launch_called_off",
] as const;
export type ProgramRefusal = (typeof PROGRAM_REFUSALS)[number];

/** Why a host that is embedded does not do what it was asked, beside all that. */
export const LIBRARY_REFUSALS = ["provider_invalid", "host_closed", "bundle_malformed"] as const;

/** Every code that whoever embeds a host can meet. */
export const HOST_ERROR_CODES = [
  ...ENROL_REFUSALS,
  ...HOST_REFUSALS,
  ...PROGRAM_REFUSALS,
  ...LIBRARY_REFUSALS,
] as const;
export type HostErrorCode = (typeof HOST_ERROR_CODES)[number];

/** The one error that the library raises on purpose. `code` is of a closed list; `help` is its page, `errors/` and the code. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;
  readonly help: string;
  /** What is known beside the code: a code of a closed list of its own, layers that are missing, what a provider lacks. */
  readonly detail: string | null;

  constructor(code: HostErrorCode, message: string, detail: string | null = null) {
    super(detail === null ? `${code}: ${message}` : `${code}: ${message} (${detail})`);
    this.code = code;
    this.help = `errors/${code}`;
    this.detail = detail;
  }
}
