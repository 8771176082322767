import { and, eq, gt, inArray, max, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { auditEntries, changeSets, changes, devices, people, programs, publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditEntryView } from "@/lib/contracts/audit";
import { formatMember } from "@/lib/domain/member-keys";

type Row = typeof auditEntries.$inferSelect;
/** Names of things of one kind by their ids. */
type Names = ReadonlyMap<string, string>;
type Named = { name: string | null; nameNow: string | null };

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Of `program:com.x/cause:…` the kind and the id of the thing itself. */
function partsOf(subject: string): { kind: string; id: string } {
  const [kind = "", ...rest] = subject.split(":");
  return { kind, id: rest.join(":").split("/", 1)[0] ?? "" };
}

/** Kinds of things whose names decisions change, by the member whose value has the name. */
const RENAMED = {
  program: (id) => formatMember({ kind: "registration", appId: id }),
  publisher: (id) => formatMember({ kind: "publisher", publisherId: id }),
  person: (id) => formatMember({ kind: "person", personId: id }),
} as const satisfies Record<string, (id: string) => string>;
const isRenamed = (kind: string): kind is keyof typeof RENAMED => Object.hasOwn(RENAMED, kind);

/**
 * Entries as the console shows them, what they are about and who did it by the names that these had then, as the decisions
 * since have them, and by those of today where they are others.
 */
export async function toAuditViews(db: Database, rows: readonly Row[]): Promise<AuditEntryView[]> {
  const idsOf = (wanted: string) => [
    ...new Set(rows.map(({ subject }) => partsOf(subject)).flatMap(({ kind, id }) => (kind === wanted ? [id] : []))),
  ];
  const actorsOf = (wanted: string) =>
    rows.flatMap(({ actor }) => (actor.kind === wanted ? [text(actor.id) ?? ""] : []));
  const versioned = await readVersions(db, idsOf("submission"));
  const ids = {
    program: [...idsOf("program"), ...[...versioned.values()].map(({ appId }) => appId)],
    person: [...idsOf("person"), ...actorsOf("person")],
    publisher: [...idsOf("publisher"), ...actorsOf("publisher")],
  };
  const names = new Map<string, Names>(
    Object.entries({
      "change-set": await namesOf(db, changeSets, changeSets.id, changeSets.number, idsOf("change-set")),
      program: await namesOf(db, programs, programs.appId, programs.name, ids.program),
      publisher: await namesOf(db, publishers, publishers.id, publishers.name, ids.publisher),
      person: await namesOf(db, people, people.id, people.name, ids.person),
      // A device keeps the name that its enrolment gave it.
      device: await namesOf(db, devices, devices.id, devices.name, [...idsOf("device"), ...actorsOf("device")]),
    }),
  );
  const members = Object.entries(ids).flatMap(([kind, of]) => (isRenamed(kind) ? of.map(RENAMED[kind]) : []));
  const renamings = await readRenamings(db, members, Math.min(...rows.map(({ sequence }) => sequence)));
  const nameOf = (kind: string, id: string, entry: number): Named => {
    const name = names.get(kind)?.get(id) ?? null;
    const later = isRenamed(kind) ? renamings.get(RENAMED[kind](id))?.find((one) => one.sequence > entry) : undefined;
    return namedThen(later?.name ?? null, name);
  };
  return rows.map((row) => {
    const { kind, id } = partsOf(row.subject);
    const version = kind === "submission" ? versioned.get(id) : undefined;
    const subject =
      version === undefined
        ? nameOf(kind, id, row.sequence)
        : versionOf(nameOf("program", version.appId, row.sequence), version.name);
    const actor = {
      kind: text(row.actor.kind) ?? "system",
      id: text(row.actor.id),
      name: text(row.actor.name) ?? "",
    };
    // A publisher's tool and a device are logged by their ids alone; a person by the name of then.
    const named =
      actor.kind === "person"
        ? namedThen(text(row.actor.name), names.get("person")?.get(actor.id ?? "") ?? null)
        : nameOf(actor.kind, actor.id ?? "", row.sequence);
    return {
      ...row,
      at: row.at.toISOString(),
      actor: { ...actor, name: named.name ?? actor.name, nameNow: named.nameNow },
      subjectName: subject.name,
      subjectNameNow: subject.nameNow,
      before: row.before ?? null,
      after: row.after ?? null,
    };
  });
}

/** A thing by its name of then, where one is known, and by today's beside it where that is another. */
function namedThen(then: string | null, now: string | null): Named {
  if (then === null || now === null || then === now) return { name: then ?? now, nameNow: null };
  return { name: then, nameNow: now };
}

/**
 * By which entries after this one published decisions gave these members other names, in the log's order, and the names until
 * then. A clock that stood ahead changes nothing: entries have their order by their numbers alone.
 */
async function readRenamings(
  db: Database,
  members: readonly string[],
  entry: number,
): Promise<Map<string, { sequence: number; name: string }[]>> {
  const found = new Map<string, { sequence: number; name: string }[]>();
  if (members.length === 0) return found;
  // What is told of a set itself ends with its publishing; what followed from it is about other things.
  const sequence = max(auditEntries.sequence);
  const rows = await db
    .select({ member: changes.member, before: changes.before, sequence })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .innerJoin(auditEntries, eq(auditEntries.changeSetId, changeSets.id))
    .where(
      and(
        inArray(changes.member, [...new Set(members)]),
        eq(changeSets.state, "published"),
        eq(auditEntries.subject, sql`'change-set:' || ${changeSets.id}`),
        gt(auditEntries.sequence, entry),
      ),
    )
    .groupBy(changes.id)
    .orderBy(sequence);
  for (const { member, before, sequence: decided } of rows) {
    const name = typeof before === "object" && before !== null && "name" in before ? text(before.name) : null;
    if (name !== null && decided !== null) {
      found.set(member, [...(found.get(member) ?? []), { sequence: decided, name }]);
    }
  }
  return found;
}

async function namesOf(
  db: Database,
  table: PgTable,
  idColumn: PgColumn,
  nameColumn: PgColumn,
  ids: readonly string[],
): Promise<Names> {
  if (ids.length === 0) return new Map();
  const found = await db
    .select({ id: idColumn, name: sql<string>`${nameColumn}::text` })
    .from(table)
    .where(inArray(idColumn, [...new Set(ids)]));
  return new Map(found.map(({ id, name }) => [String(id), name]));
}

type Version = { appId: string; name: string };

async function readVersions(db: Database, ids: readonly string[]): Promise<Map<string, Version>> {
  if (ids.length === 0) return new Map();
  const { submissionId, appId, name } = versions;
  const found = await db
    .select({ submissionId, appId, name })
    .from(versions)
    .where(inArray(submissionId, [...ids]));
  return new Map(found.map(({ submissionId: id, ...version }) => [id, version]));
}

/** A submission by its program and version, which never has another name. */
const versionOf = ({ name, nameNow }: Named, version: string): Named => ({
  name: `${name ?? ""} ${version}`.trim(),
  nameNow: nameNow === null ? null : `${nameNow} ${version}`,
});
