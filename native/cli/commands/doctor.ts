import { type LayerCause, sayCause, sayLayer } from "../../core/confinement/layers";
import { type Command, failure } from "../command";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "look which layers of confinement this machine can give, why not, and what to do",
  about:
    "Starts a probe in the place of a program's engine and tries, from inside and from outside, what must not be possible. Answers each layer: whether it holds, what is open without it, why it is missing in the words of the tool that said so, and what to do. Changes nothing on the machine. Fails where a layer is missing without which no program starts.",
  argument: null,
  options: {},
  examples: [
    { line: "bulkhead doctor", does: "says what this machine lacks, and how it can be had" },
    { line: "bulkhead doctor --json", does: "says it in JSON, with a cause for each layer that is missing" },
  ],
  json: {
    mode: "bubblewrap, or bare where that could not be used",
    layers: "each layer: name, active, required, reason, cause, without, todo",
    install: "the folder of files that are ready to be installed",
  },
  async run({ values }) {
    // The runtime is loaded by the commands that need it: the others start faster.
    const { examineMachine } = await import("../../host/commands");
    const { mode, layers, install } = await examineMachine();
    const told = layers.map((layer) => ({
      ...layer,
      without: sayLayer(layer.name)?.without ?? null,
      todo: layer.cause === null ? [] : sayCause(layer.cause, install).todo,
    }));
    const missing = told.filter(({ active }) => !active);
    const lines = [
      ...layers.map(({ name, active }) => `${active ? "holds  " : "missing"}  ${name}: ${sayWhat(name, active)}`),
      ...remedies(missing, install),
      "",
      `a unit of systemd that runs the host as a service: ${install}/bulkhead.service`,
    ];
    const refusing = missing.filter(({ required }) => required).map(({ name }) => name);
    if (refusing.length > 0) {
      const message = `no program starts here without ${refusing.join(", ")}`;
      const next = "do what is said above, or name each with --allow-degraded, knowing what is open then";
      return failure("NOT_CONFINED", message, values.json === true ? told : lines, next);
    }
    const next =
      missing.length === 0
        ? "bulkhead run DIR"
        : "bulkhead run DIR: a program starts without what is missing, and its host says so each time";
    return { ok: true, text: lines.join("\n"), json: { mode, layers: told, install }, next };
  },
};

type Missing = { name: string; reason: string | null; cause: LayerCause | null };

function sayWhat(name: string, active: boolean): string {
  const said = sayLayer(name);
  return (active ? said?.holds : said?.without) ?? "";
}

/** What to do, once for all layers that the same thing would give. */
function remedies(missing: readonly Missing[], install: string) {
  const causes = [...new Set(missing.flatMap(({ cause }) => cause ?? []))];
  return causes.flatMap((cause) => {
    const { why, todo } = sayCause(cause, install);
    const own = missing.filter((layer) => layer.cause === cause);
    const reasons = new Set(own.flatMap(({ name, reason }) => (reason === null ? [] : [`${name} said: ${reason}`])));
    return [
      "",
      `${own.map(({ name }) => name).join(", ")}: ${why}`,
      ...[...reasons, ...todo.map((line) => `- ${line}`)].map((line) => `  ${line}`),
    ];
  });
}
