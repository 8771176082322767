import { createHash } from "node:crypto";
import { readMembersOf, readPlatformMembersOf } from "@/db/published-members";
import type { DetailKind } from "@/db/schema";
import type { Database } from "@/db/store";
import { API_CODES, EGRESS_CODES, HOST_CODES, HOST_PURPOSES } from "@/native/core/codes";
import { findApi } from "@/native/core/decide/catalog";
import { causeKey } from "@/native/core/decide/cause-key";

/** What is published for a program names: `host:port:purpose` of exact rules, and what the platform blocks with every name below it. */
export type NamedHosts = { exact: ReadonlySet<string>; blocked: ReadonlySet<string> };
/** What names a detail. Of rules there are as many as people made; of names below a block as many as a device makes up. */
export type NamedBy = "rule" | "block" | null;
type Detail = {
  kind: DetailKind;
  name: string;
  appId: string;
  versionCode: number;
  about: Record<string, unknown> | null;
};

/** A member that cannot be read names nothing here: it is told where it is needed, and nothing of it is lost but its name. */
export async function readNamedHosts(db: Database, appId: string): Promise<NamedHosts> {
  const entries = (await readMembersOf(db, [appId])).get(appId)?.entries ?? [];
  const exact = new Set<string>();
  for (const entry of entries) {
    if (entry.kind !== "host") continue;
    for (const port of entry.value.ports) {
      for (const purpose of entry.value.purposes) exact.add(`${entry.value.host}:${port}:${purpose}`);
    }
  }
  const blocks = await readPlatformMembersOf(db, "blocked-host");
  return { exact, blocked: new Set(blocks.map(({ member }) => member.host)) };
}

/** As the decision does (spec §5, Host): a block acts on its name and every name below it, on any port. */
function isBlocked(blocked: ReadonlySet<string>, host: string): boolean {
  if (blocked.size === 0) return false;
  for (let start = 0; start !== -1; start = host.indexOf(".", start) + 1 || -1) {
    if (blocked.has(host.slice(start))) return true;
  }
  return false;
}

/** `names` are all that a rule could have it as. */
function hostNamedBy({ exact, blocked }: NamedHosts, host: string, names: readonly string[]): NamedBy {
  if (names.some((name) => exact.has(name))) return "rule";
  return isBlocked(blocked, host) ? "block" : null;
}

/**
 * Whether a rule, a block, a grant or a closed list names it, so that it does not fall under `~other`: hosts by rules and blocks, APIs by the
 * catalogue's capabilities, limits all, and a denial's cause where it is that of such a host or API. A device says what a cause is about;
 * it is believed where its key is the one of that (spec §5).
 */
export function namedBy(hosts: NamedHosts, { kind, name, appId, versionCode, about }: Detail): NamedBy {
  switch (kind) {
    case "host":
      return hostNamedBy(hosts, name.slice(0, name.indexOf(":")), [name]);
    case "api":
      return findApi(name) === undefined ? null : "rule";
    case "limit":
      return "rule";
    case "cause": {
      const { api, host, port } = about ?? {};
      const isOf = (subject: string) => isCauseOf(name, { appId, versionCode, about: about ?? {} }, subject);
      if (typeof api === "string" && findApi(api) !== undefined && isOf(api)) return "rule";
      if (typeof host !== "string") return null;
      const by = hostNamedBy(
        hosts,
        host,
        HOST_PURPOSES.map((purpose) => `${host}:${port}:${purpose}`),
      );
      return by !== null && isOf(`${host}:${port}`) ? by : null;
    }
  }
}

type ToldCause = { appId: string; versionCode: number; about: Record<string, unknown> };

function isCauseOf(cause: string, { appId, versionCode, about }: ToldCause, subject: string): boolean {
  const code = [...API_CODES, ...HOST_CODES, ...EGRESS_CODES].find((one) => one === about.code);
  return code !== undefined && causeKey({ appId, versionCode, code, subject }, sha256) === cause;
}

/** Whether a cause is the one of what a device says that it is about: its host where it names one, else its API (spec §5). */
export function isOfItsSubject(cause: string, told: ToldCause): boolean {
  const { api, host, port } = told.about;
  const subject = typeof host === "string" ? `${host}:${port}` : api;
  return typeof subject === "string" && isCauseOf(cause, told, subject);
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
