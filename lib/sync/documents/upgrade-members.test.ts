import { PGlite } from "@electric-sql/pglite";
import { afterEach, describe, expect, it } from "vitest";
import { openPostgresConnection } from "@/db/backup/connection";
import { applyMigrations, findMigrationsFolder, type Migration, readMigrations } from "@/db/migrate";
import { openStore } from "@/db/open-store";
import { runIn } from "@/db/pglite/migrate-pglite";
import { requireRead } from "@/db/published-members";
import { publishedMembers } from "@/db/schema";
import type { Store } from "@/db/store";
import { postgresServer } from "@/db/testing/postgres-server";
import { testStoreKind } from "@/db/testing/with-test-store";
import { readAuditHead } from "@/lib/audit/audit-head";
import { formatMember } from "@/lib/domain/member-keys";
import type { Entry } from "@/lib/domain/members";
import { policyState } from "@/lib/domain/policy-state";
import { projectPlatform, projectProgram } from "@/lib/domain/project-program";
import { buildPlatform, readPlatform } from "./build-platform";
import { buildPrograms } from "./build-program";
import { readPlatformEntries, readProgramEntries } from "./read-entries";

const A = "com.example.a";
const B = "com.example.b";
const LATE = Number.MAX_SAFE_INTEGER;
const PIN = "a".repeat(64);

/** A store before members had one table: each kind with everything set, with nothing optional set, and what was not published. */
const BEFORE = `
  insert into platform (platform_id, name, environment, grace_seconds, telemetry_interval_seconds, telemetry_sampling, created_at)
    values ('harbor', 'Harbor', 'development', 0, 30, 0, '2026-01-01T00:00:00Z');
  insert into publishers (id, name, created_at) values ('pub_1', 'One', '2026-01-02T00:00:00Z');
  insert into programs (app_id, publisher_id, name, status, created_at) values
    ('${A}', 'pub_1', 'A', 'active', '2026-01-03T00:00:00Z'), ('${B}', 'pub_1', 'B', 'suspended', '2026-01-04T00:00:00Z');
  insert into grants (app_id, capability, consent, constraints, until_seconds, change_set_id, updated_at) values
    ('${A}', 'network.request', 'none', null, null, null, '2026-01-05T00:00:00Z'),
    ('${A}', 'camera.capture', 'ask', '{"perDay": 3, "mediaTypes": ["image/*", "image/png"], "foregroundOnly": true}', ${LATE}, 'cs_grant', '2026-01-06T00:00:00Z'),
    ('${B}', 'payments.request', 'ask', '{"currency": "EUR", "maxAmountMinor": 100}', 1, 'cs_grant', '2026-01-07T00:00:00Z');
  insert into host_rules (id, app_id, host, ports, purposes, until_seconds, from_version, pins, change_set_id, updated_at) values
    ('hr_1', '${A}', '*.example.com', '[443]', '["request"]', null, null, null, null, '2026-01-08T00:00:00Z'),
    ('hr_2', '${A}', 'a.example.com', '[443, 8443]', '["request", "socket"]', 1900000000, ${LATE},
      '{"sha256": ["${PIN}"], "until": 1900000000, "mode": "report"}', 'cs_host', '2026-01-09T00:00:00Z');
  insert into limits (scope, name, value) values
    ('${A}', 'cpuMsPerMinute', '{"max": 0, "action": "kill"}'),
    ('platform', 'cpuMsPerMinute', '{"max": ${LATE}, "warn": 1, "action": "warn"}'),
    ('com.example.gone', 'cpuMsPerMinute', '{"max": 1, "action": "kill"}');
  insert into receivers (app_id, from_app_id, actions) values ('${A}', '${B}', '["open", "pay: now"]');
  insert into external_routes (app_id, page) values ('${A}', 'pages/a:b/c?d="e''\\f');
  insert into blocked_hosts (host) values ('tracker.example'), ('zip');
  insert into min_runtimes (kind, version) values ('linux', '1.10.0');
  insert into change_sets (id, owner_id, state, published_at, created_at, updated_at) values
    ('cs_old', 'per_1', 'published', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z'),
    ('cs_new', 'per_1', 'published', '2026-02-02T00:00:00Z', '2026-02-02T00:00:00Z', '2026-02-02T00:00:00Z'),
    ('cs_open', 'per_1', 'approved', null, '2026-02-03T00:00:00Z', '2026-02-03T00:00:00Z');
  insert into changes (id, change_set_id, position, member, before, after, direction) values
    ('chg_1', 'cs_old', 0, 'platform/blocked-host:zip', null, 'true', 'narrows'),
    ('chg_2', 'cs_new', 0, 'platform/blocked-host:zip', null, 'true', 'narrows'),
    ('chg_3', 'cs_open', 0, 'platform/blocked-host:zip', 'true', null, 'widens'),
    ('chg_4', 'cs_old', 1, 'program:${A}/grant:network.request', null, '{"consent": "none"}', 'widens')`;

const AFTER: Entry[] = [
  { kind: "grant", member: { kind: "grant", appId: A, capability: "network.request" }, value: { consent: "none" } },
  {
    kind: "grant",
    member: { kind: "grant", appId: A, capability: "camera.capture" },
    value: {
      consent: "ask",
      until: LATE,
      constraints: { perDay: 3, mediaTypes: ["image/*", "image/png"], foregroundOnly: true },
    },
  },
  {
    kind: "grant",
    member: { kind: "grant", appId: B, capability: "payments.request" },
    value: { consent: "ask", until: 1, constraints: { currency: "EUR", maxAmountMinor: 100 } },
  },
  {
    kind: "host",
    member: { kind: "host", appId: A, ruleId: "hr_1" },
    value: { host: "*.example.com", ports: [443], purposes: ["request"] },
  },
  {
    kind: "host",
    member: { kind: "host", appId: A, ruleId: "hr_2" },
    value: {
      host: "a.example.com",
      ports: [443, 8443],
      purposes: ["request", "socket"],
      until: 1_900_000_000,
      fromVersion: LATE,
      pins: { sha256: [PIN], until: 1_900_000_000, mode: "report" },
    },
  },
  {
    kind: "limit",
    member: { kind: "limit", appId: A, name: "cpuMsPerMinute" },
    value: { max: 0, action: "kill" },
  },
  {
    kind: "receiver",
    member: { kind: "receiver", appId: A, fromAppId: B },
    value: { actions: ["open", "pay: now"] },
  },
  { kind: "route", member: { kind: "route", appId: A, page: `pages/a:b/c?d="e'\\f` }, value: true },
  {
    kind: "platform-limit",
    member: { kind: "platform-limit", name: "cpuMsPerMinute" },
    value: { max: LATE, warn: 1, action: "warn" },
  },
  { kind: "blocked-host", member: { kind: "blocked-host", host: "tracker.example" }, value: true },
  { kind: "blocked-host", member: { kind: "blocked-host", host: "zip" }, value: true },
  { kind: "min-runtime", member: { kind: "min-runtime", runtime: "linux" }, value: "1.10.0" },
  { kind: "grace-seconds", member: { kind: "grace-seconds" }, value: 0 },
  { kind: "telemetry", member: { kind: "telemetry" }, value: { intervalSeconds: 30, sampling: 0 } },
];

/** What the rows of other tables say besides. */
const BESIDE: Entry[] = [A, B].flatMap((appId): Entry[] => [
  {
    kind: "registration",
    member: { kind: "registration", appId },
    value: { publisherId: "pub_1", name: appId === A ? "A" : "B" },
  },
  { kind: "status", member: { kind: "status", appId }, value: appId === A ? "active" : "suspended" },
]);

const migrations = readMigrations(findMigrationsFolder());
const isBefore = ({ name }: Migration) =>
  name < (migrations.find((step) => step.name.endsWith("_published_members"))?.name ?? "");
const logger = () => undefined;

/** The store of this run's engine, brought to the schema before, filled, and opened by this program. */
async function openUpgraded(): Promise<Store> {
  const earlier = migrations.filter(isBefore);
  if (testStoreKind() === "postgres") {
    const url = await (await postgresServer()).createDatabase();
    const connection = await openPostgresConnection(url);
    await applyMigrations((statement) => connection.query(statement), earlier);
    await connection.query(BEFORE);
    await connection.close();
    return (await openStore({ location: { kind: "postgres", url, isBackupConfirmed: true }, logger })).store;
  }
  const client = await PGlite.create();
  await applyMigrations(runIn(client), earlier);
  await client.exec(BEFORE);
  const seed = new Blob([await (await client.dumpDataDir("none")).arrayBuffer()]);
  await client.close();
  return (await openStore({ location: { kind: "memory" }, seed, logger })).store;
}

let store: Store | undefined;
afterEach(() => store?.close());

describe("a store from before members had one table", { timeout: 180_000 }, () => {
  it("has the same members and the same documents after its upgrade, of every kind that there was", async () => {
    store = await openUpgraded();
    const { db } = store;
    const found = [
      ...requireRead(await readPlatformEntries(db)),
      ...requireRead(await readProgramEntries(db, A)),
      ...requireRead(await readProgramEntries(db, B)),
    ];
    const [now, then] = [policyState(found), policyState([...AFTER, ...BESIDE])];
    expect(Object.fromEntries(now)).toEqual(Object.fromEntries(then));
    const built = await buildPrograms(db, [A, B]);
    for (const appId of [A, B]) expect(built.get(appId)).toEqual({ body: projectProgram(then, appId) });
    expect(buildPlatform(await readPlatform(db), [], await readAuditHead(db))).toMatchObject(projectPlatform(then));

    // No value that was stored is read as another one.
    const rows = await db.select().from(publishedMembers);
    expect(Object.fromEntries(rows.map(({ member, value }) => [member, value]))).toEqual(
      Object.fromEntries(AFTER.map(({ member, value }) => [formatMember(member), value])),
    );
    const writers = Object.fromEntries(
      rows.map(({ member, changeSetId, updatedAt }) => [
        member,
        `${changeSetId} ${updatedAt.toISOString().slice(0, 10)}`,
      ]),
    );
    expect(writers).toMatchObject({
      "platform/blocked-host:zip": "cs_new 2026-02-02",
      "platform/blocked-host:tracker.example": "null 2026-01-01",
      [`program:${A}/limit:cpuMsPerMinute`]: "null 2026-01-03",
      [`program:${A}/grant:network.request`]: "null 2026-01-05",
      [`program:${A}/host:hr_2`]: "cs_host 2026-01-09",
    });
  });
});
