import { type AnyColumn, asc, eq, ilike, or, type SQL } from "drizzle-orm";
import { devices, people, programs, publisherKeys, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SearchAnswer } from "@/lib/contracts/search";
import { holding, named } from "../paging";

const FOUND_MAX = 6;
/** A key's id is typed from its beginning; fewer characters begin too many. */
const KID = /^[A-Za-z0-9_-]{6,128}$/;

/** Programs, people, publishers, keys and devices that the words name; the last ones as far as the actor may read them. */
export async function findNamed(
  db: Database,
  q: string,
  may: { people: boolean; devices: boolean },
): Promise<SearchAnswer[][]> {
  return [
    await findKeys(db, q),
    await findPrograms(db, q),
    may.people ? await findPeople(db, q) : [],
    await findPublishers(db, q),
    may.devices ? await findDevices(db, q) : [],
  ];
}

const anyHolds = (q: string, ...columns: AnyColumn[]): SQL | undefined =>
  or(...columns.map((column) => ilike(column, holding(q))));

async function findKeys(db: Database, q: string): Promise<SearchAnswer[]> {
  if (!KID.test(q)) return [];
  const rows = await db
    .select({
      kid: publisherKeys.kid,
      status: publisherKeys.status,
      at: publisherKeys.createdAt,
      id: publishers.id,
      name: publishers.name,
    })
    .from(publisherKeys)
    .innerJoin(publishers, eq(publishers.id, publisherKeys.publisherId))
    .where(ilike(publisherKeys.kid, holding(q).slice(1)))
    .orderBy(asc(publisherKeys.kid))
    .limit(FOUND_MAX);
  return rows.map(({ kid, status, at, id, name }) => ({
    ...{ kind: "key", id: kid, name: `Key of ${name}`, detail: `${status}, ${kid}` },
    ...{ since: at.toISOString(), href: `/publishers?panel=${id}` },
  }));
}

async function findPrograms(db: Database, q: string): Promise<SearchAnswer[]> {
  const rows = await db
    .select({ appId: programs.appId, name: programs.name, status: programs.status })
    .from(programs)
    .where(anyHolds(q, programs.name, programs.appId))
    .orderBy(named(programs.name), programs.appId)
    .limit(FOUND_MAX);
  return rows.map(({ appId, name, status }) => ({
    ...{ kind: "program", id: appId, name, since: null, href: `/programs/${appId}` },
    detail: status === "active" ? appId : `${appId}, ${status}`,
  }));
}

async function findPeople(db: Database, q: string): Promise<SearchAnswer[]> {
  const rows = await db
    .select({ id: people.id, name: people.name, email: people.email, role: people.role, state: people.state })
    .from(people)
    .where(anyHolds(q, people.name, people.email))
    .orderBy(named(people.name), people.id)
    .limit(FOUND_MAX);
  return rows.map(({ id, name, email, role, state }) => ({
    ...{ kind: "person", id, name, since: null, href: `/people?edit=${id}` },
    detail: `${role}, ${state === "active" ? email : `${state}, ${email}`}`,
  }));
}

async function findPublishers(db: Database, q: string): Promise<SearchAnswer[]> {
  const rows = await db
    .select({ id: publishers.id, name: publishers.name })
    .from(publishers)
    .where(anyHolds(q, publishers.name))
    .orderBy(named(publishers.name), publishers.id)
    .limit(FOUND_MAX);
  return rows.map(({ id, name }) => ({
    ...{ kind: "publisher", id, name, detail: "publisher", since: null, href: `/publishers?panel=${id}` },
  }));
}

async function findDevices(db: Database, q: string): Promise<SearchAnswer[]> {
  const rows = await db
    .select({ id: devices.id, name: devices.name, kind: devices.runtimeKind, seen: devices.lastSeenAt })
    .from(devices)
    .where(or(anyHolds(q, devices.name), eq(devices.id, q)))
    .orderBy(named(devices.name), devices.id)
    .limit(FOUND_MAX);
  return rows.map(({ id, name, kind, seen }) => ({
    ...{ kind: "device", id, name, detail: `device, ${kind}`, href: `/fleet?panel=${id}` },
    since: seen?.toISOString() ?? null,
  }));
}
