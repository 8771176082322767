import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditEntries, probes } from "@/db/schema";
import type { Store } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { CHECKS, type CheckName } from "@/lib/domain/readiness-names";
import { measureClock } from "@/lib/sync/clock/measure-clock";
import { createFileSigner } from "@/lib/sync/keys/file-keys";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { openSyncFixture, type SyncFixture } from "@/lib/sync/testing/sync-fixture";
import { createReadiness } from "./create-readiness";
import { signingChecks } from "./signing-checks";
import { announcements, disk } from "./store-checks";

let fixture: SyncFixture;
beforeEach(async () => {
  fixture = await openSyncFixture();
});
afterEach(() => fixture.close());

const execute = (statement: string) => fixture.store.transaction(({ db }) => db.execute(sql.raw(statement)));
/** A trigger that lets nothing be written to a table. */
const seal = async (relation: string) => {
  await execute(
    "create or replace function sealed() returns trigger language plpgsql as $$ begin raise 'sealed'; end $$",
  );
  await execute(`create trigger sealed before insert or update on ${relation} execute function sealed()`);
};

const failing = async (ctx = fixture.ctx) => {
  const checks = signingChecks(fixture.store, ctx, fixture.folder, { dataDir: fixture.dir });
  const { checks: found } = await createReadiness(checks, { ...fixture.ctx, timeoutMs: 60_000 }).read();
  return found.filter(({ state }) => state === "failed").map(({ name }): CheckName => name);
};

describe("what a process stands on", () => {
  it("is well where nothing is wrong, and trying leaves nothing behind", async () => {
    expect(await failing()).toEqual([]);
    expect(await failing()).toEqual([]);
    expect(await fixture.store.db.select().from(auditEntries)).toHaveLength(2);
    fixture.clock.advance(3601);
    await failing();
    expect(await fixture.store.db.select().from(probes)).toHaveLength(1);
  });

  it("fails by name where a table cannot be read", async () => {
    await execute("alter table published_members rename to gone");
    expect(await failing()).toEqual(["store_read"]);
  });

  it("fails by name where nothing can be written", async () => {
    await seal("probes");
    expect(await failing()).toEqual(["store_write"]);
  });

  it("fails by name where the disk is full, and warns before", async () => {
    const on = async (kind: Store["kind"], free: number) => (await disk(kind, "/", async () => free).run()).state;
    expect(await on("pglite", 0)).toBe("failed");
    expect(await on("pglite", 64 * 1024 ** 2)).toBe("warn");
    expect(await on("pglite", 512 * 1024 ** 2)).toBe("ok");
    expect(await on("postgres", 64 * 1024 ** 2)).toBe("ok");
    await expect(disk("pglite", join(fixture.folder.dir, "nowhere")).run()).rejects.toThrow();
  });

  it("fails by name where the key that signs is lost, even while it still signs from memory", async () => {
    expect(await failing()).toEqual([]);
    for (const name of readdirSync(fixture.folder.dir)) {
      if (name.startsWith("policy-")) rmSync(join(fixture.folder.dir, name));
    }
    expect(await failing()).toEqual(["keyset"]);
    const restarted = { ...fixture.ctx, signer: createFileSigner(fixture.folder) };
    expect(await failing(restarted)).toEqual(["signature", "keyset"]);
  });

  it("fails by name where the keys are another platform's, and where the keyset has expired", async () => {
    const other = await openSyncFixture();
    const { folder } = other;
    const ctx = { ...fixture.ctx, signer: createFileSigner(folder) };
    const checks = signingChecks(fixture.store, ctx, folder, { dataDir: folder.dir });
    const { checks: found } = await createReadiness(checks, { ...ctx, timeoutMs: 60_000 }).read();
    expect(found.filter(({ state }) => state === "failed").map(({ name }) => name)).toEqual(["signature", "keyset"]);
    await other.close();
    fixture.clock.set(fixture.keyset.exp * 1000);
    expect(await failing()).toEqual(["signature", "keyset"]);
  });

  it("fails by name where what is announced is not heard", async () => {
    const deaf = { ...fixture.store, subscribe: () => () => undefined };
    expect((await announcements(deaf, fixture.ctx, 10).run()).state).toBe("failed");
    const figures = { ...(await fixture.store.figures()), hearing: { provenMsAgo: null } };
    const deadened = { ...deaf, figures: async () => figures };
    expect((await announcements(deadened, fixture.ctx, 10).run()).says).toContain(
      "It was not proven that this process hears",
    );
  });

  it("fails by name where the log's end was changed or cut off, and where nothing can be appended", async () => {
    const append = () =>
      fixture.store.transaction((tx) =>
        appendAudit(tx, fixture.ctx, {
          ...{ actor: { kind: "system", name: "test" }, action: "audit.export", subject: "audit", reason: "one" },
        }),
      );
    for (let count = 0; count < 30; count += 1) await append();
    expect(await failing()).toEqual([]);
    await execute("update audit_entries set reason = 'other' where sequence = 25");
    expect(await failing()).toEqual(["audit"]);
    await execute("update audit_entries set reason = 'one' where sequence = 25");
    expect(await failing()).toEqual([]);
    await execute("create table kept as select * from audit_entries where sequence >= 30");
    await execute("delete from audit_entries where sequence >= 30");
    expect(await failing()).toEqual(["audit"]);
    await execute("insert into audit_entries select * from kept");
    expect(await failing()).toEqual([]);
    await seal("audit_entries");
    expect(await failing()).toEqual(["audit_write"]);
  });

  it("fails by name where rows are not what was signed, and nowhere where a suspension is said to fail", async () => {
    const { store, ctx } = fixture;
    const publish = () =>
      store.transaction((tx) =>
        publishDocuments(tx, ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
      );
    await publish();
    await ctx.heads.tend(store);
    expect(await failing()).toEqual([]);
    await execute("update documents set jws = jws || 'A' where kind = 'platform'");
    expect(await failing()).toEqual(["documents"]);
    await publish();
    expect(await failing()).toEqual([]);
    await execute("update keysets set claims = jsonb_set(claims, '{threshold}', '9')");
    expect(await failing()).toEqual(["keyset"]);
    await execute("update keysets set claims = jsonb_set(claims, '{threshold}', '1')");
    await execute("delete from audit_entries where sequence > 2");
    await execute(
      "update audit_head set (sequence, sha256) = (select sequence, sha256 from audit_entries where sequence = 2)",
    );
    expect(await failing()).toEqual(["audit"]);
    for (const name of ["documents", "keyset", "audit"] as const) expect(CHECKS[name].stopsNarrowing).toBe(false);
  });

  it("fails by name while a jump of the clock awaits confirmation, and only warns where it is behind", async () => {
    const state = async () => {
      const checks = signingChecks(fixture.store, fixture.ctx, fixture.folder, { dataDir: fixture.dir });
      return (await checks.find(({ name }) => name === "clock")?.run())?.state;
    };
    const publish = () =>
      fixture.store.transaction((tx) =>
        publishDocuments(tx, fixture.ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
      );
    await publish();
    fixture.clock.set(fixture.clock.nowMs() - 3_600_000);
    expect(await state()).toBe("warn");
    await publish();
    expect(await state()).toBe("ok");
    await measureClock(fixture.store, fixture.ctx);
    fixture.clock.set(fixture.clock.nowMs() + 301_000);
    expect(await state()).toBe("failed");
    expect(await failing()).toEqual(["clock"]);
  });

  it("fails by name after a restore, until every document is signed again", async () => {
    await execute(
      "insert into continuity (id, restored_at, backup_at, revision_lift) values (1, now(), now(), 1000000) on conflict (id) do update set revision_lift = 1000000",
    );
    expect(await failing()).toEqual(["continuity"]);
  });
});
