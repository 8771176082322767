import type { HostPurpose } from "@/native/core/codes";
import { readUrl } from "@/native/core/decide/read-url";
import { PLATFORM, PROGRAM, type Question } from "./questions";

/**
 * What a general policy engine has to be told, since it reads no URLs: the one pattern that counts for the host, its
 * port and purpose. The steps that such engines say badly (parsing, blocked names, an exact rule setting wildcards aside)
 * are done for them here, which is to their advantage. Undefined: denied before an engine would be asked.
 */
export type HostAttributes = { pattern: string; port: number; purpose: HostPurpose };

const blocked = PLATFORM.blockedHosts;
const exact = PROGRAM.hosts.filter(({ host }) => !host.startsWith("*."));
const firstVersions = new Map(exact.map(({ host }) => [host, firstVersion(host)]));

function firstVersion(host: string): number {
  return Math.min(...exact.filter((rule) => rule.host === host).map(({ fromVersion = 0 }) => fromVersion));
}

export function readHostAttributes(url: string, purpose: HostPurpose, versionCode: number): HostAttributes | undefined {
  const reading = readUrl(url, purpose);
  if (reading === undefined) return undefined;
  const { host, port } = reading;
  if (blocked.some((name) => host === name || host.endsWith(`.${name}`))) return undefined;
  const isExact = (firstVersions.get(host) ?? Number.POSITIVE_INFINITY) <= versionCode;
  return { pattern: isExact ? host : `*${host.slice(host.indexOf("."))}`, port, purpose };
}

/** The purpose of a network API; undefined for any other. */
export function networkPurpose(question: Question): HostPurpose | undefined {
  if (question.kind === "host") return question.purpose;
  if (question.api === "network.request") return "request";
  return question.api === "network.upload" ? "upload" : undefined;
}

export function questionUrl(question: Question): string {
  return question.kind === "host" ? question.url : String(question.params.url ?? "");
}
