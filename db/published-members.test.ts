import { describe, expect, it } from "vitest";
import { formatMember } from "@/lib/domain/member-keys";
import type { Entry, EntryOf, MemberKind } from "@/lib/domain/members";
import {
  readMembersOf,
  readPlatformMembers,
  removeMember,
  requireRead,
  type TableKind,
  writeMembers,
} from "./published-members";
import { programs, publishedMembers, publishers } from "./schema";
import type { Database } from "./store";
import { describeStores } from "./testing/with-test-store";

const at = new Date("2026-03-01T00:00:00Z");
const A = "com.example.a";
const B = "com.example.b";
const GRANT: EntryOf<"grant"> = {
  kind: "grant",
  member: { kind: "grant", appId: A, capability: "camera.capture" },
  value: { consent: "ask" },
};
const BLOCK: EntryOf<"blocked-host"> = {
  kind: "blocked-host",
  member: { kind: "blocked-host", host: "tracker.example" },
  value: true,
};

describeStores("published members", (held) => {
  /** Runs in a transaction that is taken back. */
  async function within(body: (db: Database) => Promise<void>): Promise<void> {
    const done = new Error("taken back");
    await expect(
      held.store.transaction(async ({ db }) => {
        await db.insert(publishers).values({ id: "pub_1", name: "One", createdAt: at });
        const program = { publisherId: "pub_1", status: "active" as const, createdAt: at };
        await db.insert(programs).values([A, B].map((appId) => ({ ...program, appId, name: appId })));
        await body(db);
        throw done;
      }),
    ).rejects.toBe(done);
  }
  const allRead = (...entries: Entry[]) => ({ entries, unread: [] });
  const write = (db: Database, ...entries: EntryOf<TableKind>[]) =>
    writeMembers(db, entries, { at, changeSetId: null });

  it("come back as they were written, one value a member, until they are removed", () =>
    within(async (db) => {
      await write(db, GRANT, BLOCK);
      await write(db, { ...GRANT, value: { consent: "none" } });
      const found = await readMembersOf(db, [A, B]);
      expect(found.get(A)).toEqual(allRead({ ...GRANT, value: { consent: "none" } }));
      expect(found.get(B)).toEqual(allRead());
      expect(await readPlatformMembers(db)).toEqual(allRead(BLOCK));
      await removeMember(db, BLOCK.member);
      expect(await readPlatformMembers(db)).toEqual(allRead());
    }));

  const key = formatMember(GRANT.member);
  describe.each<[string, { member: string; kind: MemberKind; appId: string | null; value: unknown }]>([
    ["a value of another shape", { member: key, kind: "grant", appId: A, value: { consent: "sometimes" } }],
    ["a value that has more", { member: key, kind: "grant", appId: A, value: { consent: "ask", more: 1 } }],
    ["another program's key", { member: key, kind: "grant", appId: B, value: { consent: "ask" } }],
    ["another kind's key", { member: key, kind: "host", appId: A, value: { consent: "ask" } }],
    ["a key that nobody writes", { member: `${key}!`, kind: "grant", appId: A, value: { consent: "ask" } }],
    ["a kind that has rows", { member: `program:${A}/status`, kind: "status", appId: A, value: "active" }],
  ])("with %s", (_, row) => {
    it("are never left out, but refused by name; those of others are read as ever", () =>
      within(async (db) => {
        await db.insert(publishedMembers).values({ ...row, updatedAt: at });
        await write(db, BLOCK);
        const appId = row.appId ?? "";
        const found = (await readMembersOf(db, [appId])).get(appId) ?? allRead();
        expect(found).toMatchObject({ entries: [], unread: [{ key: row.member }] });
        expect(() => requireRead(found)).toThrow(row.member);
        const other = appId === A ? B : A;
        expect((await readMembersOf(db, [other])).get(other)).toEqual(allRead());
        expect(await readPlatformMembers(db)).toEqual(allRead(BLOCK));
      }));
  });
});
