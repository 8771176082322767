import type { CommandFailure } from "./commands";

/** Every way in which the host as a process ends. */
export type HostEnd = "stopped" | "usage" | "failed" | CommandFailure["reason"];

/**
 * The exit code of each end, for whoever starts the host again or not: 0 was asked for; 75 may go better later; 2, 65, 66,
 * 77 and 78 come back until somebody changes something; 70 is a fault of the host's own.
 */
export const EXIT_CODES: Readonly<Record<HostEnd, number>> = {
  stopped: 0,
  usage: 2,
  bundle_malformed: 65,
  enrolment_file_invalid: 65,
  development_hosts_invalid: 65,
  enrolment_file_unreadable: 66,
  failed: 70,
  state_not_stored: 74,
  data_directory_in_use: 75,
  platform_unreachable: 75,
  keyset_refused: 77,
  enrolment_refused: 77,
  answer_of_another_platform: 77,
  url_not_allowed: 77,
  development_hosts_refused: 77,
  already_enrolled: 78,
  not_enrolled: 78,
};
