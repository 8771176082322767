import { and, eq, isNull, or } from "drizzle-orm";
import { decidedIssues } from "@/db/newest-document";
import { publishedMembers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { PortalPublished } from "@/lib/contracts/portal";
import { formatMember } from "@/lib/domain/member-keys";
import type { Member } from "@/lib/domain/members";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { LIMIT_NAMES } from "@/native/core/codes";
import { findCapability } from "@/native/core/decide/catalog";
import type { ProgramClaims } from "@/native/core/shapes/claims";
import type { ServiceContext } from "../context";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { warnOf } from "../programs/read-telemetry";
import { loadInScope, portalScope } from "./portal-scope";

/**
 * What is published for a program of the actor's: revision, versions, hosts, capabilities and limits as devices enforce them
 * once they are up to date, each with when a decision wrote it last. Raises `not_found`.
 */
export async function readPortalPublished(
  context: ServiceContext,
  actor: Actor,
  appId: string,
): Promise<PortalPublished> {
  const scope = portalScope(actor);
  const { db } = context.store;
  const { program } = await loadInScope(db, scope, appId);
  const issued = await newestProgramClaims(db, appId);
  const platformLimits = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const [decided] = await decidedIssues(db, "program", appId, 1);
  const written = await readWritten(db, appId);
  const claims = issued?.claims;
  return {
    status: program.status,
    position: issued === null ? null : { epoch: issued.issue.epoch, revision: issued.issue.revision },
    since: decided?.createdAt.toISOString() ?? null,
    versions: claims === undefined ? [] : await toVersions(db, claims),
    hosts: (claims?.hosts ?? []).flatMap((rule) =>
      "inert" in rule
        ? []
        : [
            {
              ...{ host: rule.host, ports: rule.ports, purposes: rule.purposes },
              ...{ until: rule.until ?? null, fromVersion: rule.fromVersion ?? null, pins: rule.pins?.mode ?? null },
              since: written.ofHost(rule),
            },
          ],
    ),
    capabilities: Object.entries(claims?.grants ?? {}).flatMap(([name, grant]) => {
      const capability = findCapability(name);
      if ("inert" in grant || capability === undefined) return [];
      return [
        {
          ...{ name, title: capability.title, sensitivity: capability.sensitivity },
          ...{ consent: grant.consent, until: grant.until ?? null },
          constraints: Object.entries(grant.constraints ?? {}).map(([kind, value]) => ({ kind, value })),
          since: written.of({ kind: "grant", appId, capability: name }),
        },
      ];
    }),
    limits: LIMIT_NAMES.flatMap((name) => {
      const own = claims?.limits[name];
      const limit = own ?? platformLimits[name];
      if (limit === undefined) return [];
      const member: Member = own === undefined ? { kind: "platform-limit", name } : { kind: "limit", appId, name };
      return [
        {
          ...{ name, warn: warnOf(limit), max: limit.max, action: limit.action },
          ...{ source: own === undefined ? ("platform" as const) : ("program" as const), since: written.of(member) },
        },
      ];
    }),
  };
}

/** When each published member of the program, or limit of the platform, was written last. */
async function readWritten(db: Database, appId: string) {
  const { member, kind, value, updatedAt } = publishedMembers;
  const rows = await db
    .select({ member, kind, value, updatedAt })
    .from(publishedMembers)
    .where(or(eq(publishedMembers.appId, appId), and(isNull(publishedMembers.appId), eq(kind, "platform-limit"))));
  const at = (row: (typeof rows)[number] | undefined) => row?.updatedAt.toISOString() ?? null;
  return {
    of: (one: Member) => at(rows.find((row) => row.member === formatMember(one))),
    // A rule's key is an id that its document does not hold.
    ofHost: (rule: ProgramClaims["hosts"][number]) =>
      at(rows.find((row) => row.kind === "host" && isSameValue(row.value, rule))),
  };
}

async function toVersions(db: Database, claims: ProgramClaims): Promise<PortalPublished["versions"]> {
  const { code, listedAt, sha256 } = versions;
  const rows = await db.select({ code, listedAt, sha256 }).from(versions).where(eq(versions.appId, claims.appId));
  return claims.versions.map((version) => {
    const row = rows.find((one) => one.code === version.code && one.sha256 === version.sha256);
    return { code: version.code, name: version.name, since: row?.listedAt?.toISOString() ?? null };
  });
}
