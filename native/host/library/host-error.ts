import { pagesOf } from "../../core/errors/error-pages";
import { HostError, type HostErrorCode } from "../api/host-error";

/** The error of a code, in the words of its page. */
export function hostError(code: HostErrorCode, detail?: string): HostError {
  const means = pagesOf(code).find(({ list }) => list === "runtime")?.means ?? code;
  return new HostError(code, means, detail ?? null);
}
