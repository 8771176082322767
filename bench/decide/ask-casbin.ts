import { newEnforcer, newModelFromString, StringAdapter } from "casbin";
import { PROGRAM, type Question } from "./questions";
import { networkPurpose, questionUrl, readHostAttributes } from "./read-attributes";

const HOST_MODEL = `
[request_definition]
r = pattern, port, purpose, version, now
[policy_definition]
p = pattern, ports, purposes, until, fromVersion
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.pattern == p.pattern && has(p.ports, r.port) && has(p.purposes, r.purpose) && below(r.now, p.until) && !below(r.version, p.fromVersion)
`;

const GRANT_MODEL = `
[request_definition]
r = api, version, now, consent, foreground, gesture, used
[policy_definition]
p = api, versions, until, consent, foreground, gesture, perMinute
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.api == p.api && has(p.versions, r.version) && below(r.now, p.until) && below(r.used, p.perMinute) && (p.consent == "none" || r.consent == "given") && (p.foreground == "-" || r.foreground == "yes") && (p.gesture == "-" || r.gesture == "yes")
`;

const NEVER = "9007199254740991";
const list = (items: readonly (string | number)[]) => `;${items.join(";")};`;

/** The same policy in casbin: hosts and grants apart, so that it walks no line in vain; asked without promises. */
export async function createCasbin(): Promise<(question: Question) => boolean> {
  const hosts = await enforcer(HOST_MODEL, hostLines());
  const grants = await enforcer(GRANT_MODEL, grantLines());
  return (question) => {
    const purpose = networkPurpose(question);
    if (purpose !== undefined) {
      const host = readHostAttributes(questionUrl(question), purpose, question.versionCode);
      if (host === undefined) return false;
      const { pattern, port } = host;
      const isAllowed = hosts.enforceSync(pattern, port, purpose, question.versionCode, question.now);
      if (!isAllowed || question.kind === "host") return isAllowed;
    }
    if (question.kind === "host") return false;
    const { api, versionCode, now, consent = "", context } = question;
    const { foreground, gesture, used } = context;
    return grants.enforceSync(api, versionCode, now, consent, yes(foreground), yes(gesture), used.perMinute);
  };
}

const yes = (is: boolean) => (is ? "yes" : "-");

async function enforcer(model: string, lines: string[]) {
  const made = await newEnforcer(newModelFromString(model), new StringAdapter(lines.join("\n")));
  await made.addFunction("has", (items: string, item: string | number) => items.includes(`;${item};`));
  await made.addFunction("below", (value: number, bound: string) => value < Number(bound));
  return made;
}

function hostLines(): string[] {
  return PROGRAM.hosts.flatMap((rule) => {
    if ("inert" in rule) return [];
    const { host, ports, purposes, until = NEVER, fromVersion = 0 } = rule;
    return [["p", host, list(ports), list(purposes), until, fromVersion].join(", ")];
  });
}

function grantLines(): string[] {
  return Object.entries(PROGRAM.grants).flatMap(([capability, grant]) => {
    if ("inert" in grant) return [];
    const versions = PROGRAM.versions.filter(({ declares }) => declares.includes(capability));
    const { constraints = {}, consent, until = NEVER } = grant;
    const api = capability === "storage.local" ? "storage.local.get" : capability;
    return [
      [
        "p",
        api,
        list(versions.map(({ code }) => code)),
        until,
        consent,
        yes(constraints.foregroundOnly === true),
        yes(constraints.gestureRequired === true),
        constraints.perMinute ?? NEVER,
      ].join(", "),
    ];
  });
}
