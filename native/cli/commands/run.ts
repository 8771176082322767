import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { packBundle } from "../../core/bundle/pack-bundle";
import { CONFINEMENT_LAYERS } from "../../core/confinement/layers";
import { helpOf } from "../../core/decide/help";
import type { TelemetryBatch } from "../../core/telemetry/batch";
import { sayDiscard } from "../../core/telemetry/discard-reasons";
import { missingLayers } from "../../host/confinement/confinement-layers";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  type CommandFailure,
  type CommandResult,
  type CommandValues,
  failure,
  integerOption,
  listOption,
  textOption,
  UsageError,
} from "../command";
import { explainFault } from "../explain-fault";
import { readJsonFile } from "../files";
import { readProgramFolder } from "../read-program-folder";
import { shellWord } from "../shell-word";
import { watchStatus } from "../watch-status";

export const runCommand: Command = {
  name: "run",
  summary: "run a program: a folder on a development platform of its own, or what is published to this device",
  about:
    "A folder runs on a development platform of its own, with what its manifest asks for granted: no server, no account. A published program runs on an enrolled device under the platform's documents. Ctrl-C stops it. What it is refused is told at once, with the rule.",
  argument: {
    name: "DIR|APP_ID[@CODE]",
    min: 1,
    max: 64,
    help: "a program's folder, or published programs of the device",
    completes: "folder",
  },
  options: {
    data: {
      value: "DIR",
      help: "the enrolled device's folder; with a program's folder, where its storage is kept",
      completes: "folder",
    },
    "development-hosts": {
      value: "FILE",
      help: "names that lead to this machine, for development keysets alone",
      completes: "file",
    },
    "allow-degraded": {
      value: "LAYER",
      help: "a layer of confinement that may be missing",
      isMultiple: true,
      completes: CONFINEMENT_LAYERS,
    },
    user: { value: "NAME", help: "whose storage is used; of published programs" },
    "storage-budget": { value: "MIB", help: "MiB that all programs together may keep; 512 unless said otherwise" },
  },
  examples: [
    { line: "bulkhead run notes", does: "runs the program of that folder until it ends or Ctrl-C" },
    {
      line: "bulkhead run com.example.notes@1 --data device",
      does: "runs version 1, as published, on the enrolled device",
    },
  ],
  json: null,
  async run(given) {
    given.context.keepToItself();
    const target = resolve(given.context.cwd, given.positionals[0] ?? "");
    const stats = await stat(target).catch(() => undefined);
    return stats?.isDirectory() ? runFolder(target, given) : runPublished(given);
  },
};

async function runFolder(folder: string, { values, positionals, context }: CommandArguments): Promise<CommandResult> {
  if (positionals.length > 1) throw new UsageError(`one folder at a time, and not ${positionals.slice(1).join(", ")}`);
  const read = await readProgramFolder(folder);
  if (!read.ok) return read;
  const data = textOption(values, "data");
  const hostsFile = textOption(values, "development-hosts");
  const hosts = hostsFile === undefined ? [] : (await readJsonFile(context, hostsFile)).hosts;
  if (!Array.isArray(hosts)) throw new UsageError("--development-hosts names a file of { hosts: [] }");
  // The runtime is loaded by the commands that need it: the others start faster.
  const { runLocal } = await import("../../host/commands");
  const watch = watchStatus(context, values.json === true);
  const started = await runLocal({
    files: read.files,
    developmentHosts: hosts,
    allowDegraded: layersOf(values),
    log: context.log,
    onEvent: watch.onEvent,
    onBatch: (batch) => showRefusals(batch, context),
    ...storageBudget(values),
    ...(data === undefined ? {} : { dataDir: resolve(context.cwd, data) }),
  });
  if (!started.ok) return notStarted(started, () => faultOf(positionals[0] ?? "", read.files));
  const next = `change the program and run it again; when it does what it should: bulkhead pack ${shellWord(positionals[0] ?? "")}`;
  const fault = await Promise.race([context.interrupted().then(() => null), watch.allEnded]);
  await started.host.close();
  if (fault === null) return { ok: true, isWritten: true, next };
  if (fault.reason === "degraded") return notConfined(layersOf(values));
  return failure("PROGRAM_ENDED", `the program ended: ${fault.says}`);
}

async function runPublished({ values, positionals, context }: CommandArguments): Promise<CommandResult> {
  const data = textOption(values, "data");
  if (data === undefined) throw new UsageError(`${positionals[0]} is no folder; a published program needs --data DIR`);
  const programs = positionals.map(readProgram);
  const hosts = textOption(values, "development-hosts");
  const user = textOption(values, "user");
  const { runHost } = await import("../../host/commands");
  const watch = watchStatus(context, values.json === true);
  const started = await runHost({
    dataDir: resolve(context.cwd, data),
    programs,
    allowDegraded: layersOf(values),
    log: context.log,
    onEvent: watch.onEvent,
    ...storageBudget(values),
    ...(hosts === undefined ? {} : { developmentHosts: resolve(context.cwd, hosts) }),
    ...(user === undefined ? {} : { user }),
  });
  const next = "what it was refused stands in the console, and in the publisher's portal";
  if (!started.ok) return notStarted(started);
  await context.interrupted();
  await started.host.close();
  return { ok: true, isWritten: true, next };
}

/** Which layers are missing, why, and what is typed where that is taken. */
async function notConfined(allowed: readonly string[]): Promise<CommandFailure> {
  const { probeConfinement } = await import("../../host/confinement/probe-confinement");
  const { layers } = await probeConfinement();
  const names: readonly string[] = missingLayers(layers, allowed);
  const why = [...new Set(layers.filter(({ name }) => names.includes(name)).flatMap(({ reason }) => reason ?? []))];
  const said = why.length === 0 ? "" : ` (${why.join("; ")})`;
  const flags = [...allowed, ...names].map((name) => `--allow-degraded ${name}`).join(" ");
  return failure(
    "NOT_CONFINED",
    `the program was not started: this machine lacks ${names.join(", ")}${said}`,
    undefined,
    `bulkhead doctor says what to do about it; or, for a program that you trust, run it again with ${flags}`,
  );
}

/** What is wrong with a folder, as `lint` says it. */
function faultOf(path: string, files: ReadonlyMap<string, Uint8Array>): CommandFailure | undefined {
  const packed = packBundle(files);
  return packed.ok ? undefined : explainFault(packed.reason, { path, files });
}

function notStarted(
  refusal: { reason: string; code?: string },
  explain: () => CommandFailure | undefined = () => undefined,
): CommandResult {
  const explained = refusal.reason === "bundle_malformed" ? explain() : undefined;
  if (explained !== undefined) return explained;
  return failure(refusal.code ?? refusal.reason, `not started: ${refusal.reason.replaceAll("_", " ")}`);
}

function readProgram(text: string) {
  const [, appId, code] = /^([a-z0-9.-]{3,128})(?:@(\d{1,9}))?$/.exec(text) ?? [];
  if (appId === undefined) throw new UsageError(`${text} is neither a folder nor APP_ID[@VERSION_CODE]`);
  return code === undefined ? { appId } : { appId, versionCode: Number(code) };
}

/** A layer that is misspelt would dispense with nothing, and say nothing of it. */
function layersOf(values: CommandValues): string[] {
  const layers = listOption(values, "allow-degraded");
  const unknown = layers.filter((layer) => !CONFINEMENT_LAYERS.some((known) => known === layer));
  if (unknown.length > 0)
    throw new UsageError(`--allow-degraded takes ${CONFINEMENT_LAYERS.join(", ")}, and not ${unknown.join(", ")}`);
  return layers;
}

function storageBudget(values: CommandValues): { storageBudgetBytes?: number } {
  const mebibytes = integerOption(values, "storage-budget");
  return mebibytes === undefined ? {} : { storageBudgetBytes: mebibytes * 1024 * 1024 };
}

/** What the program was refused, as its developer wants to hear it: at once, with the rule; and what of it was not told singly. */
export function showRefusals(batch: TelemetryBatch, context: Pick<CommandContext, "log">): void {
  for (const { minutes } of batch.programs) {
    for (const denial of minutes.flatMap(({ denials }) => denials)) {
      if ("code" in denial) context.log("warn", "denied", { ...denial, help: helpOf(denial.code) });
      else
        context.log("warn", "denied_otherwise", {
          count: denial.count,
          says: "more causes in a minute than are told apart",
        });
    }
  }
  for (const { reason, count } of batch.discarded) {
    context.log("warn", "left_out", { reason, count, says: sayDiscard(reason) });
  }
}
