import type { Enrolled, EnrolOptions } from "../api/host";
import { createHttpTransport } from "../sync/http-transport";
import { enrolBy } from "./enrol-by";

/**
 * Enrols the device of a folder with an enrolment file (spec §4): once in its life. Asked again with the same platform's it answers
 * the same, and asks nobody. Rejects with a `HostError`: of `ENROL_REFUSALS`, or `data_directory_in_use`.
 */
export function enrolDevice({ dataDir, enrolmentFile, log = () => undefined }: EnrolOptions): Promise<Enrolled> {
  return enrolBy(createHttpTransport(), { dataDir, enrolmentFile, log });
}
