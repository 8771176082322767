import { createHash } from "node:crypto";
import { readMembersOf, readPlatformMembersOf } from "@/db/published-members";
import type { DetailKind } from "@/db/schema";
import type { Database } from "@/db/store";
import { API_CODES, EGRESS_CODES, HOST_CODES, HOST_PURPOSES } from "@/native/core/codes";
import { findApi } from "@/native/core/decide/catalog";
import { causeKey } from "@/native/core/decide/cause-key";

/** What is published for a program names literally: `host:port:purpose` of exact rules and of what the platform blocks. */
export type NamedHosts = ReadonlySet<string>;
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
  const named = new Set<string>();
  for (const entry of entries) {
    if (entry.kind !== "host") continue;
    for (const port of entry.value.ports) {
      for (const purpose of entry.value.purposes) named.add(`${entry.value.host}:${port}:${purpose}`);
    }
  }
  for (const entry of await readPlatformMembersOf(db, "blocked-host")) {
    for (const purpose of HOST_PURPOSES) named.add(`${entry.member.host}:443:${purpose}`);
  }
  return named;
}

/**
 * Whether a rule, a grant or a closed list names it, so that it never falls under `~other`: hosts by rules, APIs by the catalogue's
 * capabilities, limits all, and a denial's cause where it is that of such a host or API. A device says what a cause is about;
 * it is believed where its key is the one of that (spec §5).
 */
export function isNamed(hosts: NamedHosts, { kind, name, appId, versionCode, about }: Detail): boolean {
  switch (kind) {
    case "host":
      return hosts.has(name);
    case "api":
      return findApi(name) !== undefined;
    case "limit":
      return true;
    case "cause": {
      const { api, host, port } = about ?? {};
      const code = [...API_CODES, ...HOST_CODES, ...EGRESS_CODES].find((one) => one === about?.code);
      if (code === undefined) return false;
      const isHost =
        typeof host === "string" && HOST_PURPOSES.some((purpose) => hosts.has(`${host}:${port}:${purpose}`));
      const subjects = [
        ...(isHost ? [`${host}:${port}`] : []),
        ...(typeof api === "string" && findApi(api) !== undefined ? [api] : []),
      ];
      return subjects.some((subject) => causeKey({ appId, versionCode, code, subject }, sha256) === name);
    }
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
