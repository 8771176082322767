import { HOST_PURPOSES, RUNTIME_KINDS } from "../../core/codes";
import { compilePolicy } from "../../core/decide/compile-policy";
import { describeTrace } from "../../core/decide/describe-refusal";
import { explainApi, explainHost } from "../../core/decide/explain";
import { readPlatformClaims, readProgramClaims } from "../../core/documents/read-claims";
import { parseJson } from "../../core/json/parse-json";
import { type Command, type CommandValues, integerOption, requiredOption, textOption, UsageError } from "../command";
import { readJsonFile } from "../files";
import { sayExplained } from "../say-explained";

export const decideCommand: Command = {
  name: "decide",
  summary: "ask what a policy says to a host or an API call, and by which rule",
  usage: "--program CLAIMS --platform CLAIMS --version-code N (--url URL --purpose P | --api NAME [--params JSON])",
  options: {
    program: { type: "string" },
    platform: { type: "string" },
    "version-code": { type: "string" },
    url: { type: "string" },
    purpose: { type: "string" },
    api: { type: "string" },
    params: { type: "string" },
    runtime: { type: "string" },
    consent: { type: "string" },
    foreground: { type: "boolean" },
    gesture: { type: "boolean" },
    now: { type: "string" },
  },
  help: {
    program: "claims of the program document, JSON",
    platform: "claims of the platform document, JSON",
    "version-code": "the version that asks",
    url: "a host question: the URL",
    purpose: `and its purpose: ${HOST_PURPOSES.join(", ")}`,
    api: "an API question: the name",
    params: "and its parameters, a JSON object",
    runtime: `KIND/X.Y.Z of the runtime; kinds are ${RUNTIME_KINDS.join(", ")}; linux/0.1.0 where it is left out`,
    consent: "given or refused, where the person was asked",
    foreground: "the program is in the foreground",
    gesture: "the person has just touched it",
    now: "whole seconds since 1970; the clock's where it is left out",
  },
  positionals: { min: 0, max: 0 },
  async run({ values, context }) {
    const program = readProgramClaims(await readJsonFile(context, requiredOption(values, "program")));
    const platform = readPlatformClaims(await readJsonFile(context, requiredOption(values, "platform")));
    if (!program.ok || !platform.ok)
      throw new UsageError("the files hold no claims of a program and a platform document");
    const policy = compilePolicy(program.claims, platform.claims);
    const common = {
      versionCode: integerOption(values, "version-code") ?? Number(requiredOption(values, "version-code")),
      now: integerOption(values, "now") ?? context.nowSeconds(),
    };
    const trace =
      values.api === undefined
        ? explainHost(policy, { ...common, url: requiredOption(values, "url"), purpose: readPurpose(values) })
        : explainApi(policy, { ...common, ...readCall(values) });
    const { decision, code, layer, rule } = trace;
    const said = `${decision}: ${code} (layer ${layer}, rule ${rule ?? "none"})`;
    if (decision === "allow") return { ok: true, text: said, json: { decision, code, layer, rule } };
    const explained = describeTrace(trace);
    return {
      ok: true,
      text: [said, ...sayExplained(explained).map((line) => `  ${line}`)].join("\n"),
      json: { decision, code, layer, rule, ...explained },
    };
  },
};

function readPurpose(values: CommandValues) {
  const purpose = HOST_PURPOSES.find((known) => known === requiredOption(values, "purpose"));
  if (purpose === undefined) throw new UsageError(`--purpose is one of ${HOST_PURPOSES.join(", ")}`);
  return purpose;
}

function readCall(values: CommandValues) {
  const params = parseJson(textOption(values, "params") ?? "{}", { numbers: "spelled" });
  if (!params.ok) throw new UsageError("--params is no JSON");
  const [kind = "", version = "", ...rest] = (textOption(values, "runtime") ?? "linux/0.1.0").split("/");
  if (version === "" || rest.length > 0) throw new UsageError("--runtime takes KIND/X.Y.Z");
  const answered = textOption(values, "consent");
  const consent = (["given", "refused"] as const).find((known) => known === answered);
  if (answered !== undefined && consent === undefined) throw new UsageError("--consent is given or refused");
  return {
    api: requiredOption(values, "api"),
    params: params.value,
    runtime: { kind, version },
    consent,
    context: {
      foreground: values.foreground === true,
      gesture: values.gesture === true,
      used: { perMinute: 0, perDay: 0 },
    },
  };
}
