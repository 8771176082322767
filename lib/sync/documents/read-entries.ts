import { eq } from "drizzle-orm";
import {
  blockedHosts,
  externalRoutes,
  grants,
  hostRules,
  limits,
  minRuntimes,
  platform,
  programs,
  publisherKeys,
  receivers,
  versions,
} from "@/db/schema";
import type { Database } from "@/db/store";
import type { Entry } from "@/lib/domain/members";
import { invariant } from "@/lib/platform/errors";
import type { LimitName } from "@/native/core/codes";
import type { Grant, HostRule } from "@/native/core/shapes/claims";

function toGrant(row: typeof grants.$inferSelect): Grant {
  return {
    ...(row.constraints === null ? {} : { constraints: row.constraints }),
    consent: row.consent,
    ...(row.untilSeconds === null ? {} : { until: row.untilSeconds }),
  };
}

function toHostRule(row: typeof hostRules.$inferSelect): HostRule {
  return {
    host: row.host,
    ports: row.ports,
    purposes: row.purposes,
    ...(row.untilSeconds === null ? {} : { until: row.untilSeconds }),
    ...(row.fromVersion === null ? {} : { fromVersion: row.fromVersion }),
    ...(row.pins === null ? {} : { pins: row.pins }),
  };
}

function toVersion(row: typeof versions.$inferSelect): Extract<Entry, { kind: "version" }>["value"] {
  const { code, name, sha256, kid, declares } = row;
  return { code, name, sha256, size: row.sizeBytes, kid, declares };
}

/** Who publishes a program and whether it may run; empty where no such program is registered. */
async function readRegistration(db: Database, appId: string): Promise<Entry[]> {
  const [program] = await db.select().from(programs).where(eq(programs.appId, appId));
  if (program === undefined) return [];
  const { publisherId, name, status } = program;
  const keys = await db.select().from(publisherKeys).where(eq(publisherKeys.publisherId, publisherId));
  return [
    { kind: "registration", member: { kind: "registration", appId }, value: { publisherId, name } },
    { kind: "status", member: { kind: "status", appId }, value: status },
    ...keys.map(({ kid, jwk, status: keyStatus }): Entry => {
      return {
        kind: "publisher-key",
        member: { kind: "publisher-key", publisherId, kid },
        value: { jwk, status: keyStatus },
      };
    }),
  ];
}

async function readAccess(db: Database, appId: string): Promise<Entry[]> {
  const granted = await db.select().from(grants).where(eq(grants.appId, appId));
  const hosts = await db.select().from(hostRules).where(eq(hostRules.appId, appId));
  const heard = await db.select().from(receivers).where(eq(receivers.appId, appId));
  const routes = await db.select().from(externalRoutes).where(eq(externalRoutes.appId, appId));
  return [
    ...granted.map((row): Entry => {
      return { kind: "grant", member: { kind: "grant", appId, capability: row.capability }, value: toGrant(row) };
    }),
    ...hosts.map((row): Entry => {
      return { kind: "host", member: { kind: "host", appId, ruleId: row.id }, value: toHostRule(row) };
    }),
    ...heard.map(({ fromAppId, actions }): Entry => {
      return { kind: "receiver", member: { kind: "receiver", appId, fromAppId }, value: { actions } };
    }),
    ...routes.map(({ page }): Entry => ({ kind: "route", member: { kind: "route", appId, page }, value: true })),
  ];
}

/**
 * The published members that one program's document is built from, with its publisher's keys; empty where no such
 * program is registered. Inside a transaction pass `tx.db`.
 */
export async function readProgramEntries(db: Database, appId: string): Promise<Entry[]> {
  const registration = await readRegistration(db, appId);
  if (registration.length === 0) return [];
  const submitted = await db.select().from(versions).where(eq(versions.appId, appId));
  const own = await db.select().from(limits).where(eq(limits.scope, appId));
  return [
    ...registration,
    ...submitted
      .filter((row) => row.state === "listed")
      .map((row): Entry => {
        return { kind: "version", member: { kind: "version", appId, code: row.code }, value: toVersion(row) };
      }),
    ...(await readAccess(db, appId)),
    ...own.map((row): Entry => {
      return { kind: "limit", member: { kind: "limit", appId, name: row.name as LimitName }, value: row.value };
    }),
  ];
}

/** The published members that the platform document is built from, with every program's status. */
export async function readPlatformEntries(db: Database): Promise<Entry[]> {
  const [row] = await db.select().from(platform);
  invariant(row !== undefined, "the platform row is missing");
  const own = await db.select().from(limits).where(eq(limits.scope, "platform"));
  const blocked = await db.select().from(blockedHosts);
  const runtimes = await db.select().from(minRuntimes);
  const statuses = await db.select({ appId: programs.appId, status: programs.status }).from(programs);
  return [
    ...own.map((limit): Entry => {
      const name = limit.name as LimitName;
      return { kind: "platform-limit", member: { kind: "platform-limit", name }, value: limit.value };
    }),
    ...blocked.map(({ host }): Entry => {
      return { kind: "blocked-host", member: { kind: "blocked-host", host }, value: true };
    }),
    ...runtimes.map(({ kind, version }): Entry => {
      return { kind: "min-runtime", member: { kind: "min-runtime", runtime: kind }, value: version };
    }),
    { kind: "grace-seconds", member: { kind: "grace-seconds" }, value: row.graceSeconds },
    {
      kind: "telemetry",
      member: { kind: "telemetry" },
      value: { intervalSeconds: row.telemetryIntervalSeconds, sampling: row.telemetrySampling },
    },
    ...statuses.map(
      ({ appId, status }): Entry => ({ kind: "status", member: { kind: "status", appId }, value: status }),
    ),
  ];
}
