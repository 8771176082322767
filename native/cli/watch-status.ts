import type { HostStatus } from "../host/runtime/host-options";
import type { CommandContext } from "./command";

/** Tells each change of what runs, once: a line for people on standard error, or JSON on standard output. */
export function watchStatus(context: CommandContext, isJson: boolean) {
  let last = "";
  let end: () => void = () => {};
  const allEnded = new Promise<void>((resolve) => {
    end = resolve;
  });
  const onStatus = (status: HostStatus) => {
    const text = JSON.stringify(isJson ? status : status.programs);
    if (text === last) return;
    last = text;
    if (isJson) void context.write(`${JSON.stringify({ event: "status", ...status })}\n`);
    else for (const program of status.programs) context.log("info", "program", { ...program });
    if (status.programs.length > 0 && status.programs.every(({ state }) => state === "ended")) end();
  };
  return { onStatus, allEnded };
}
