import { parseArgs } from "node:util";
import { type CommandFailure, enrollHost, runHost } from "./commands";
import { closeInheritedDescriptors } from "./confinement/close-inherited";
import { EXIT_CODES, type HostEnd } from "./exit-codes";
import { keepHeapLean } from "./runtime/lean-heap";
import type { DesiredProgram } from "./runtime/program-supervisor";
import { createLineLog, systemClock } from "./runtime/system-ports";

/**
 * The host as a process: `host --data DIR --program APP[@CODE] …`. Prints one JSON line an event on stdout with
 * `--json`, logs on stderr, and ends with the code of its end (`exit-codes.ts`): 0
 * only after an orderly stop.
 */

const USAGE = `usage: host --data DIR --program APP_ID[@VERSION_CODE] [--program …]
            [--enroll FILE] [--development-hosts FILE] [--allow-degraded LAYER …] [--user NAME]
            [--storage-budget MIB] [--json]
`;

async function main(argv: readonly string[]): Promise<HostEnd> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: "string" },
      program: { type: "string", multiple: true },
      enroll: { type: "string" },
      "development-hosts": { type: "string" },
      "allow-degraded": { type: "string", multiple: true },
      user: { type: "string" },
      "storage-budget": { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help || values.data === undefined) {
    process.stderr.write(USAGE);
    return values.help ? "stopped" : "usage";
  }
  const programs = (values.program ?? []).map(readProgram);
  const storageBudgetBytes = readMebibytes(values["storage-budget"]);
  if (programs.includes(undefined) || storageBudgetBytes === null) {
    process.stderr.write(USAGE);
    return "usage";
  }
  const log = createLineLog((line) => process.stderr.write(line), systemClock);
  const say = (event: string, fields: object) => {
    if (values.json) process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  };

  if (values.enroll !== undefined) {
    const enrolled = await enrollHost({ file: values.enroll, dataDir: values.data, log });
    if (!enrolled.ok) return refuse(enrolled);
    say("enrolled", { deviceId: enrolled.deviceId, platform: enrolled.platform, environment: enrolled.environment });
  }
  const started = await runHost({
    dataDir: values.data,
    programs: programs.filter((program) => program !== undefined),
    log,
    onEvent(event) {
      if (event.kind === "status") say("status", event.status);
      if (event.kind === "console") say("console", { appId: event.appId, ...event.line });
    },
    ...(values["development-hosts"] === undefined ? {} : { developmentHosts: values["development-hosts"] }),
    ...(values["allow-degraded"] === undefined ? {} : { allowDegraded: values["allow-degraded"] }),
    ...(values.user === undefined ? {} : { user: values.user }),
    ...(storageBudgetBytes === undefined ? {} : { storageBudgetBytes }),
  });
  if (!started.ok) return refuse(started);
  const { host } = started;
  say("ready", host.status());
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  await host.close();
  say("stopped", {});
  return "stopped";
}

function readProgram(text: string): DesiredProgram | undefined {
  const match = /^([a-z0-9.-]{3,128})(?:@(\d{1,9}))?$/.exec(text);
  const [, appId, code] = match ?? [];
  if (appId === undefined) return undefined;
  return code === undefined ? { appId } : { appId, versionCode: Number(code) };
}

/** Null where the text is no whole number of MiB up to 1 TiB. */
function readMebibytes(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  return /^\d{1,7}$/.test(text) && Number(text) <= 1024 * 1024 ? Number(text) * 1024 * 1024 : null;
}

function refuse({ reason, code }: Pick<CommandFailure, "reason" | "code">): HostEnd {
  process.stderr.write(`${JSON.stringify({ event: "refused", reason, ...(code === undefined ? {} : { code }) })}\n`);
  return reason;
}

/** What `parseArgs` does not understand is a wrong call; anything else is a fault of the host's own. */
function endOf(error: unknown): HostEnd {
  const isUsage = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${JSON.stringify({ event: isUsage ? "usage" : "failed", message })}\n`);
  return isUsage ? "usage" : "failed";
}

// What is made here is its owner's alone; what a sandbox's own user must reach is opened to it by name.
process.umask(0o077);
closeInheritedDescriptors();
keepHeapLean();
process.exitCode = EXIT_CODES[await main(process.argv.slice(2)).catch(endOf)];
