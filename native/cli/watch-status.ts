import type { HostEvent } from "../host/api/host-event";
import type { HostStatus } from "../host/api/host-status";
import type { ConsoleLine } from "../host/ports";
import type { CommandContext } from "./command";

/** Reasons of an end that was asked for. Any other is a fault, one that nobody has thought of yet too. */
const ASKED_FOR = ["stopped", "replaced"];

/** An end that nobody asked for: the host's word for it, and the words for people. */
export type Fault = { reason: string; says: string };

/**
 * Tells each change of what runs, once, and what programs write: lines for people, or JSON lines on standard output.
 * `allEnded` resolves with the first end that is a fault, or null.
 */
export function watchStatus(context: CommandContext, isJson: boolean) {
  let last = "";
  let end: (fault: Fault | null) => void = () => {};
  const allEnded = new Promise<Fault | null>((resolve) => {
    end = resolve;
  });
  const onStatus = (status: HostStatus) => {
    const text = JSON.stringify(isJson ? status : status.programs);
    if (text === last) return;
    last = text;
    if (isJson) void context.write(`${JSON.stringify({ event: "status", ...status })}\n`);
    else for (const program of status.programs) context.log("info", "program", { ...program });
    if (status.programs.length === 0 || status.programs.some(({ state }) => state !== "ended")) return;
    const faults = status.programs.flatMap(({ reason, says }) => {
      if (reason === null || ASKED_FOR.includes(reason)) return [];
      const words = reason.replaceAll("_", " ");
      return [{ reason, says: says == null ? words : `${words}: ${says}` }];
    });
    end(faults[0] ?? null);
  };
  const onConsole = (appId: string, line: ConsoleLine) => {
    const text = isJson ? JSON.stringify({ event: "console", appId, ...line }) : `${appId}: ${line.text}`;
    void context.write(`${text}\n`);
  };
  const onEvent = (event: HostEvent) => {
    if (event.kind === "status") onStatus(event.status);
    if (event.kind === "console") onConsole(event.appId, event.line);
  };
  return { onEvent, allEnded };
}
