import type { ConsoleLine } from "../host/ports";
import type { HostStatus } from "../host/runtime/host-options";
import type { CommandContext } from "./command";

/** Reasons of an end that was asked for. Any other is a fault, one that nobody has thought of yet too. */
const ASKED_FOR = ["stopped", "replaced"];

/**
 * Tells each change of what runs, once, and what programs write: lines for people, or JSON lines on standard output.
 * `allEnded` resolves with what is said of the first end that is a fault, or null.
 */
export function watchStatus(context: CommandContext, isJson: boolean) {
  let last = "";
  let end: (fault: string | null) => void = () => {};
  const allEnded = new Promise<string | null>((resolve) => {
    end = resolve;
  });
  const onStatus = (status: HostStatus) => {
    const text = JSON.stringify(isJson ? status : status.programs);
    if (text === last) return;
    last = text;
    if (isJson) void context.write(`${JSON.stringify({ event: "status", ...status })}\n`);
    else for (const program of status.programs) context.log("info", "program", { ...program });
    if (status.programs.length === 0 || status.programs.some(({ state }) => state !== "ended")) return;
    const fault = status.programs.find(({ reason }) => reason !== null && !ASKED_FOR.includes(reason));
    end(
      fault === undefined
        ? null
        : [fault.reason?.replaceAll("_", " "), fault.says].filter((text) => text != null).join(": "),
    );
  };
  const onConsole = (appId: string, line: ConsoleLine) => {
    const text = isJson ? JSON.stringify({ event: "console", appId, ...line }) : `${appId}: ${line.text}`;
    void context.write(`${text}\n`);
  };
  return { onStatus, onConsole, allEnded };
}
