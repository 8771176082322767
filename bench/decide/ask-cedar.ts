import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import type { Grant, HostRule } from "@/native/core/shapes/claims";
import { PROGRAM, type Question } from "./questions";
import { networkPurpose, questionUrl, readHostAttributes } from "./read-attributes";

const POLICY_SET = "bench";

/** The same policy in Cedar, parsed once; every question is one call of the stateful interface, its fastest. */
export function createCedar(): (question: Question) => boolean {
  const hosts = PROGRAM.hosts.flatMap((rule) => ("inert" in rule ? [] : [hostCondition(rule)]));
  const anyHost = hosts.join(" || ");
  const policies = [
    ...hosts.map((condition) => `permit(principal, action == Action::"host", resource) when { ${condition} };`),
    ...Object.entries(PROGRAM.grants).flatMap(([name, grant]) =>
      "inert" in grant ? [] : [grantPolicy(name, grant, anyHost)],
    ),
  ];
  const parsed = preparsePolicySet(POLICY_SET, { staticPolicies: policies.join("\n") });
  if (parsed.type === "failure") throw new Error(parsed.errors.map(({ message }) => message).join("\n"));

  const resource = { type: "Program", id: PROGRAM.appId };
  return (question) => {
    const purpose = networkPurpose(question);
    const host = purpose && readHostAttributes(questionUrl(question), purpose, question.versionCode);
    if (purpose !== undefined && host === undefined) return false;
    const call = question.kind === "api" ? question : undefined;
    const answer = statefulIsAuthorized({
      principal: { type: "Version", id: String(question.versionCode) },
      action: { type: "Action", id: call?.api ?? "host" },
      resource,
      context: {
        version: question.versionCode,
        now: question.now,
        pattern: host?.pattern ?? "",
        port: host?.port ?? 0,
        purpose: purpose ?? "",
        consent: call?.consent ?? "",
        foreground: call?.context.foreground ?? false,
        gesture: call?.context.gesture ?? false,
        usedPerMinute: call?.context.used.perMinute ?? 0,
      },
      preparsedPolicySetId: POLICY_SET,
      entities: [],
    });
    if (answer.type === "failure") throw new Error(answer.errors.map(({ message }) => message).join("\n"));
    return answer.response.decision === "allow";
  };
}

function hostCondition({ host, ports, purposes, until, fromVersion }: HostRule): string {
  const parts = [
    `context.pattern == ${JSON.stringify(host)}`,
    `[${ports.join(", ")}].contains(context.port)`,
    `${JSON.stringify(purposes)}.contains(context.purpose)`,
  ];
  if (until !== undefined) parts.push(`context.now < ${until}`);
  if (fromVersion !== undefined) parts.push(`context.version >= ${fromVersion}`);
  return `(${parts.join(" && ")})`;
}

function grantPolicy(capability: string, { consent, until, constraints = {} }: Grant, anyHost: string): string {
  const versions = PROGRAM.versions.filter(({ declares }) => declares.includes(capability));
  const parts = [`[${versions.map(({ code }) => code).join(", ")}].contains(context.version)`];
  if (until !== undefined) parts.push(`context.now < ${until}`);
  if (consent === "ask") parts.push(`context.consent == "given"`);
  if (constraints.foregroundOnly) parts.push("context.foreground");
  if (constraints.gestureRequired) parts.push("context.gesture");
  if (constraints.perMinute !== undefined) parts.push(`context.usedPerMinute < ${constraints.perMinute}`);
  if (capability.startsWith("network.")) parts.push(`(${anyHost})`);
  const action = capability === "storage.local" ? "storage.local.get" : capability;
  return `permit(principal, action == Action::"${action}", resource) when { ${parts.join(" && ")} };`;
}
