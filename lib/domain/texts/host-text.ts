import { HOST_PURPOSES } from "@/native/core/codes";
import { fromBase64Url, toHex } from "@/native/core/crypto/encoding";
import { isPort, SHA256_HEX } from "@/native/core/decide/rule-parts";
import type { HostRule } from "@/native/core/shapes/claims";
import { LIST_MAX } from "./bounds";
import { readHosts } from "./read-hosts";
import {
  itemsOf,
  type PartRead,
  PLAIN,
  readChoice,
  readMoment,
  readNumber,
  writeMoment,
  writeNumber,
} from "./read-parts";
import type { Taken, Texts } from "./taken";
import type { TextIssue } from "./text-issues";

export const HOST_FIELDS = [
  "/host",
  "/ports",
  "/purposes",
  "/until",
  "/fromVersion",
  "/pins/sha256",
  "/pins/until",
  "/pins/mode",
] as const;

/** A rule in the texts that `readHostText` reads. */
export function writeHostText({ host, ports, purposes, until, fromVersion, pins }: Partial<HostRule>): Texts {
  return {
    "/host": host ?? "",
    "/ports": ports?.join(", ") ?? "",
    "/purposes": purposes?.join(", ") ?? "",
    "/until": writeMoment(until),
    "/fromVersion": writeNumber(fromVersion),
    "/pins/sha256": pins?.sha256.join("\n") ?? "",
    "/pins/until": writeMoment(pins?.until),
    "/pins/mode": pins?.mode ?? "",
  };
}

/** One rule a host that was written, all with the same purposes, end and pins; a port beside a host is that host's. */
export function readHostText(texts: Texts): Taken<HostRule> {
  const { hosts, issues: ofHosts, notes } = readHosts(texts["/host"] ?? "", "/host");
  const issues: TextIssue[] = [...ofHosts];
  if (hosts.length === 0 && issues.length === 0) issues.push({ field: "/host", code: "HOST_EMPTY", said: {} });
  const take = <T>(part: PartRead<T>): T | undefined => {
    issues.push(...part.issues);
    return part.value;
  };
  const ports = take(readPorts(texts["/ports"] ?? ""));
  const purposes = take(readPurposes(texts["/purposes"] ?? ""));
  const until = take(readMoment(texts["/until"] ?? "", "/until"));
  const fromVersion = take(readNumber(texts["/fromVersion"] ?? "", "/fromVersion", PLAIN, 1));
  const pins = take(readPins(texts));
  const named = [...new Set(hosts.map(({ host }) => host))].map((host) => {
    const own = hosts.filter((read) => read.host === host).map(({ port }) => port);
    const written = own.flatMap((port) => port ?? []);
    return { host, ports: own.includes(null) ? [...(ports ?? []), ...written] : written };
  });
  if (issues.length === 0 && named.some((rule) => rule.ports.length === 0)) {
    issues.push({ field: "/ports", code: "PORTS_EMPTY", said: {} });
  }
  if (issues.length > 0) return { values: [], issues, notes };
  const values = named.map((rule) => ({
    host: rule.host,
    ports: [...new Set(rule.ports)].sort((a, b) => a - b),
    purposes: purposes ?? [],
    ...(until === undefined ? {} : { until }),
    ...(fromVersion === undefined ? {} : { fromVersion }),
    ...(pins === undefined ? {} : { pins }),
  }));
  return { values, issues, notes };
}

function readPorts(text: string): PartRead<number[]> {
  const items = itemsOf(text);
  const wrong = items.find((item) => !(/^\d+$/.test(item) && isPort(Number(item))));
  if (wrong !== undefined) {
    return { value: undefined, issues: [{ field: "/ports", code: "PORT_NUMBER", said: { text: wrong } }] };
  }
  return within(items.map(Number), "/ports");
}

function readPurposes(text: string): PartRead<HostRule["purposes"]> {
  const read = itemsOf(text).map((item) => readChoice(item, "/purposes", HOST_PURPOSES));
  const issues = read.flatMap((one) => one.issues);
  if (read.length === 0) issues.push({ field: "/purposes", code: "PURPOSES_EMPTY", said: {} });
  const chosen = read.flatMap(({ value }) => value ?? []);
  return { value: HOST_PURPOSES.filter((purpose) => chosen.includes(purpose)), issues };
}

function readPins(texts: Texts): PartRead<NonNullable<HostRule["pins"]>> {
  const until = readMoment(texts["/pins/until"] ?? "", "/pins/until");
  const mode = readChoice(texts["/pins/mode"] || "enforce", "/pins/mode", ["enforce", "report"] as const);
  const items = itemsOf(texts["/pins/sha256"] ?? "").map((item) => item.replace(/^["']|["']$/g, ""));
  const issues = [...until.issues, ...mode.issues];
  if (items.length === 0) return { value: undefined, issues };
  const digests = items.map((item) => ({ item, digest: readDigest(item) }));
  for (const { item, digest } of digests) {
    if (digest === null) issues.push({ field: "/pins/sha256", code: "PIN_FORMAT", said: { text: item } });
  }
  const some = within([...new Set(digests.flatMap(({ digest }) => digest ?? []))], "/pins/sha256");
  issues.push(...some.issues);
  if (until.value === undefined && until.issues.length === 0)
    issues.push({ field: "/pins/until", code: "PINS_END", said: {} });
  if (until.value === undefined || mode.value === undefined || some.value === undefined || issues.length > 0) {
    return { value: undefined, issues };
  }
  return { value: { sha256: some.value.sort(), until: until.value, mode: mode.value }, issues };
}

/** 64 hex digits, in pairs by colons or not, in either case; or base64 as `sha256/…` has it. */
function readDigest(item: string): string | null {
  const hex = item
    .replace(/^sha-?256[:=]/i, "")
    .replaceAll(":", "")
    .toLowerCase();
  if (SHA256_HEX.test(hex)) return hex;
  const base64 = /^(?:sha256[/-])?([A-Za-z0-9+/_-]{43})=?$/.exec(item)?.[1];
  const bytes = base64 === undefined ? undefined : fromBase64Url(base64.replaceAll("+", "-").replaceAll("/", "_"));
  return bytes?.length === 32 ? toHex(bytes) : null;
}

function within<T>(items: T[], field: string): PartRead<T[]> {
  if (items.length <= LIST_MAX) return { value: items, issues: [] };
  return { value: undefined, issues: [{ field, code: "ITEMS_MANY", said: { count: items.length, most: LIST_MAX } }] };
}
