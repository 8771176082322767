import { eq, inArray, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { type auditEntries, changeSets, devices, people, programs, publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditEntryView } from "@/lib/contracts/audit";

type Row = typeof auditEntries.$inferSelect;
/** Names of things of one kind by their ids. */
type Names = ReadonlyMap<string, string>;

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Of `program:com.x/cause:…` the kind and the id of the thing itself. */
function partsOf(subject: string): { kind: string; id: string } {
  const [kind = "", ...rest] = subject.split(":");
  return { kind, id: rest.join(":").split("/", 1)[0] ?? "" };
}

/** Entries as the console shows them, what they are about and who did it by the names that these have today. */
export async function toAuditViews(db: Database, rows: readonly Row[]): Promise<AuditEntryView[]> {
  const idsOf = (wanted: string) => [
    ...new Set(rows.map(({ subject }) => partsOf(subject)).flatMap(({ kind, id }) => (kind === wanted ? [id] : []))),
  ];
  const actorsOf = (wanted: string) =>
    rows.flatMap(({ actor }) => (actor.kind === wanted ? [text(actor.id) ?? ""] : []));
  const names = new Map<string, Names>(
    Object.entries({
      "change-set": await namesOf(db, changeSets, changeSets.id, changeSets.number, idsOf("change-set")),
      submission: await submissionNames(db, idsOf("submission")),
      program: await namesOf(db, programs, programs.appId, programs.name, idsOf("program")),
      publisher: await namesOf(db, publishers, publishers.id, publishers.name, [
        ...idsOf("publisher"),
        ...actorsOf("publisher"),
      ]),
      person: await namesOf(db, people, people.id, people.name, idsOf("person")),
      device: await namesOf(db, devices, devices.id, devices.name, [...idsOf("device"), ...actorsOf("device")]),
    }),
  );
  return rows.map((row) => {
    const { kind, id } = partsOf(row.subject);
    const actor = {
      kind: text(row.actor.kind) ?? "system",
      id: text(row.actor.id),
      name: text(row.actor.name) ?? "",
    };
    // A publisher's tool and a device are logged by their ids alone; a person by the name of then.
    const named = actor.kind === "person" ? undefined : names.get(actor.kind)?.get(actor.id ?? "");
    return {
      ...row,
      at: row.at.toISOString(),
      actor: named === undefined ? actor : { ...actor, name: named },
      subjectName: names.get(kind)?.get(id) ?? null,
      before: row.before ?? null,
      after: row.after ?? null,
    };
  });
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

/** A submission by its program and version. */
async function submissionNames(db: Database, ids: readonly string[]): Promise<Names> {
  if (ids.length === 0) return new Map();
  const found = await db
    .select({ id: versions.submissionId, version: versions.name, program: programs.name })
    .from(versions)
    .innerJoin(programs, eq(programs.appId, versions.appId))
    .where(inArray(versions.submissionId, [...ids]));
  return new Map(found.map(({ id, version, program }) => [id, `${program} ${version}`]));
}
