import type { LimitName } from "../../core/codes";
import { boundText, showActing } from "../../core/text/plain-text";
import type { ProgramEnd, StartProgramOptions } from "../ports";

/** An end and the event that tells of it; none where it was wished for and forced nothing. */
export type Ending = ProgramEnd & { event?: "crashed" | "killed" };

/** A limit says that the program ends. `value` is null where the kernel found it, which tells none. */
export function endByLimit(limit: LimitName, value: number | null, max: number, by?: "kernel"): Ending {
  return {
    reason: "limit",
    event: "killed",
    says: `${limit} ${value === null ? "was over its limit" : `was ${value}`}; at most ${max}`,
    detail: { limit, max, ...(value === null ? {} : { value }), ...(by === undefined ? {} : { by }) },
  };
}

/** Its own side says that it can't go on; `text` is the engine's word for it. */
export function endByFault(fault: string, text = "", detail: Ending["detail"] = {}): Ending {
  const says = text === "" ? `the engine ended: ${fault}` : text;
  return { reason: "crashed", event: "crashed", says, detail: { fault, ...detail } };
}

/** Its side of the channel does what no engine of ours does: it is not to be trusted any longer. */
export function endByViolation(violation: string): Ending {
  return {
    reason: "crashed",
    event: "killed",
    says: `its engine broke the protocol: ${violation}`,
    detail: { cause: "protocol_violation", violation },
  };
}

/** Its process went without a word. */
export function endByExit(code: number | null): Ending {
  const exitCode = code ?? -1;
  return { reason: "crashed", event: "crashed", says: `its process ended with ${exitCode}`, detail: { exitCode } };
}

/** What acts is shown in nine characters at most: so much of a text stays within what an event may hold. */
const DETAIL_UNITS_MAX = 56;

/** Tells of an end that was no plain stop: counted, in the log, and as an event. */
export function reportEnd(options: StartProgramOptions, how: Ending, diagnostics: () => string): void {
  const { appId, versionCode } = options.bundle;
  if (how.event === undefined) return;
  if (how.event === "crashed") options.telemetry.addToMinute({ appId, versionCode }, { crashes: 1 });
  const { reason, says, detail } = how;
  options.log("warn", how.event === "crashed" ? "program_crashed" : "program_killed", {
    ...{ appId, versionCode, reason, says },
    ...detail,
    ...(how.event === "crashed" ? { diagnostics: diagnostics() } : {}),
  });
  options.telemetry.recordEvent({
    type: how.event,
    appId,
    versionCode,
    detail: { reason, ...boundDetail(detail ?? {}) },
  });
}

function boundDetail(detail: NonNullable<Ending["detail"]>): NonNullable<Ending["detail"]> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === "string" ? showActing(boundText(value, DETAIL_UNITS_MAX)) : value,
    ]),
  );
}
