import { and, eq } from "drizzle-orm";
import { readPlatformMembers, readProgramMembers } from "@/db/published-members";
import { programs, publisherKeys, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { Entry } from "@/lib/domain/members";

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

async function readVersions(db: Database, appId: string): Promise<Entry[]> {
  const rows = await db
    .select()
    .from(versions)
    .where(and(eq(versions.appId, appId), eq(versions.state, "listed")));
  return rows.map(({ code, name, sha256, sizeBytes: size, kid, declares }) => {
    return {
      kind: "version",
      member: { kind: "version", appId, code },
      value: { code, name, sha256, size, kid, declares },
    };
  });
}

/**
 * The published members that one program's document is built from, with its publisher's keys; empty where no such
 * program is registered. Inside a transaction pass `tx.db`. Raises `unavailable` where one cannot be read.
 */
export async function readProgramEntries(db: Database, appId: string): Promise<Entry[]> {
  const registration = await readRegistration(db, appId);
  if (registration.length === 0) return [];
  return [...registration, ...(await readVersions(db, appId)), ...(await readProgramMembers(db, appId))];
}

/**
 * The published members that the platform document is built from, with every program's status. Raises `unavailable`
 * where one cannot be read.
 */
export async function readPlatformEntries(db: Database): Promise<Entry[]> {
  const own = await readPlatformMembers(db);
  const statuses = await db.select({ appId: programs.appId, status: programs.status }).from(programs);
  return [
    ...own,
    ...statuses.map(
      ({ appId, status }): Entry => ({ kind: "status", member: { kind: "status", appId }, value: status }),
    ),
  ];
}
