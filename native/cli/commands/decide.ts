import { HOST_PURPOSES, RUNTIME_KINDS } from "../../core/codes";
import { compilePolicy } from "../../core/decide/compile-policy";
import { describeTrace } from "../../core/decide/describe-refusal";
import { explainApi, explainHost } from "../../core/decide/explain";
import { readPlatformClaims, readProgramClaims } from "../../core/documents/read-claims";
import { pagesOf } from "../../core/errors/error-pages";
import { parseJson } from "../../core/json/parse-json";
import { type Command, type CommandValues, integerOption, requiredOption, textOption, UsageError } from "../command";
import { readJsonFile } from "../files";
import { sayExplained } from "../say-explained";

export const decideCommand: Command = {
  name: "decide",
  summary: "ask what a policy says to a host or an API call, and by which rule",
  about:
    "Asks the evaluator that devices run, with claims from files: no device, no network. The answer is a success whatever it says; a refusal comes with the check that failed, what it saw and what would pass.",
  argument: null,
  options: {
    program: { value: "CLAIMS", help: "claims of the program document, JSON", isRequired: true, completes: "file" },
    platform: { value: "CLAIMS", help: "claims of the platform document, JSON", isRequired: true, completes: "file" },
    "version-code": { value: "N", help: "the version that asks", isRequired: true },
    url: { value: "URL", help: "a host question: the URL" },
    purpose: { value: "PURPOSE", help: `and its purpose: ${HOST_PURPOSES.join(", ")}`, completes: HOST_PURPOSES },
    api: { value: "NAME", help: "an API question: the name" },
    params: { value: "JSON", help: "and its parameters, a JSON object" },
    runtime: {
      value: "KIND/X.Y.Z",
      help: `the runtime; kinds are ${RUNTIME_KINDS.join(", ")}; linux/0.1.0 where it is left out`,
    },
    consent: {
      value: "ANSWER",
      help: "given or refused, where the person was asked",
      completes: ["given", "refused"],
    },
    foreground: { help: "the program is in the foreground" },
    gesture: { help: "the person has just touched it" },
    now: { value: "SECONDS", help: "whole seconds since 1970; the clock's where it is left out" },
  },
  oneOf: [["url", "purpose"], ["api"]],
  examples: [
    {
      line: "bulkhead decide --program program.json --platform platform.json --version-code 1 --url https://api.example.com/ --purpose request",
      does: "whether version 1 may reach that host",
    },
    {
      line: "bulkhead decide --program program.json --platform platform.json --version-code 1 --api device.info",
      does: "whether it may make that call",
    },
  ],
  json: {
    decision: "allow or deny",
    code: "ALLOWED, or why not",
    layer: "what of the policy decided",
    rule: "a pointer to the rule that decided, or null",
    "message?": "of a refusal: the check that failed, in a sentence",
    "at?": "of a refusal: a pointer into the document that decided, or null",
    "seen?": "of a refusal: what the check saw, or null",
    "wanted?": "of a refusal: what would pass, or null",
    "help?": "of a refusal: the page of its code",
  },
  async run({ values, context }) {
    const program = readProgramClaims(await readJsonFile(context, requiredOption(values, "program")));
    const platform = readPlatformClaims(await readJsonFile(context, requiredOption(values, "platform")));
    for (const [name, read] of Object.entries({ program, platform })) {
      if (!read.ok) throw new UsageError(`${textOption(values, name)} holds no claims of a ${name} document`);
    }
    if (!program.ok || !platform.ok) throw new UsageError("no claims");
    const policy = compilePolicy(program.claims, platform.claims);
    const common = {
      versionCode: integerOption(values, "version-code") ?? 0,
      now: integerOption(values, "now") ?? context.nowSeconds(),
    };
    const trace =
      values.api === undefined
        ? explainHost(policy, { ...common, url: requiredOption(values, "url"), purpose: readPurpose(values) })
        : explainApi(policy, { ...common, ...readCall(values) });
    const { decision, code, layer, rule } = trace;
    const said = `${decision}: ${code} (layer ${layer}, rule ${rule ?? "none"})`;
    if (decision === "allow")
      return { ok: true, text: said, json: { decision, code, layer, rule }, next: ALLOWED_NEXT };
    const explained = describeTrace(trace);
    return {
      ok: true,
      text: [said, ...sayExplained(explained).map((line) => `  ${line}`)].join("\n"),
      json: { decision, code, layer, rule, ...explained },
      next: pagesOf(code)[0]?.how ?? ALLOWED_NEXT,
    };
  },
};

const ALLOWED_NEXT = "nothing: a device with these documents decides the same";

function readPurpose(values: CommandValues) {
  const purpose = HOST_PURPOSES.find((known) => known === requiredOption(values, "purpose"));
  if (purpose === undefined) {
    throw new UsageError(`--purpose is one of ${HOST_PURPOSES.join(", ")}, and not ${textOption(values, "purpose")}`);
  }
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
