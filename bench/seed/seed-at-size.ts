import { type SQL, sql } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/pg-core";
import { toMeasureColumns } from "../../db/measures";
import { keepDays } from "../../db/partitions";
import { writeMembers } from "../../db/published-members";
import { rowsOf } from "../../db/rows";
import { auditEntries, auditHead, fleetMinutes } from "../../db/schema";
import type { Store } from "../../db/store";
import { insertRows } from "../../db/write-rows";
import { nodeDigest } from "../../lib/audit/audit-entry";
import { hashDevice, packSketch, sketchOf } from "../../lib/domain/measures/device-sketch";
import { enter, type Histogram, packHistogram } from "../../lib/domain/measures/histogram";
import { enterMinutes, noMeasures, noNumbers } from "../../lib/domain/measures/measures";
import type { EntryOf } from "../../lib/domain/members";
import { auditEntrySha256 } from "../../native/core/audit/verify-chain";

/** How much there is of everything. Programs come in three sizes: three on every device, seventeen on 100, the others on three. */
export type Size = {
  programs: number;
  devices: number;
  /** Of roll-ups. */
  days: number;
  /** Of the fleet, back from now. */
  minutes: number;
  /** How many hosts, causes and the like there are of each ten that a fleet has in an hour. */
  names: number;
  decisions: number;
  submissions: number;
  auditEntries: number;
  events: number;
};

export const AT_SIZE: Size = {
  ...{ programs: 1_000, devices: 1_000, days: 14, minutes: 2_880, names: 10, decisions: 20_000, submissions: 500 },
  ...{ auditEntries: 30_000, events: 60_000 },
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rows that one transaction writes, about: the journal takes them in records of its own. */
const ROWS_AT_ONCE = 1_000;
/** Different measures of each size that rows are made of. */
const VARIANTS = 16;
const CAUSES = ["HOST_NOT_ALLOWED", "PORT_NOT_ALLOWED", "RATE_LIMITED"];

type Group = {
  name: string;
  /** Numbers of programs, the last one left out. */
  from: number;
  to: number;
  devices: number;
  /** Versions, kinds of runtime and labels that tell apart an hour's rows. */
  versions: number;
  kinds: number;
  labels: number;
  /** Minutes between two of the fleet, and hours between two that have details. */
  minuteStep: number;
  hourStep: number;
  /** Names an hour, by kind. */
  details: { host: number; api: number; cause: number; limit: number };
};

function groupsOf({ programs, devices, names }: Size): Group[] {
  const some = (host: number, api: number, cause: number, limit: number): Group["details"] => {
    const of = (count: number) => Math.ceil((count * names) / 10);
    return { host: of(host), api: of(api), cause: of(cause), limit };
  };
  const large = Math.min(3, programs);
  const middle = Math.min(20, programs);
  return [
    {
      ...{ name: "large", from: 0, to: large, devices, versions: 2, kinds: 2, labels: 3, minuteStep: 1, hourStep: 1 },
      details: some(60, 20, 100, 2),
    },
    {
      ...{
        name: "middle",
        from: large,
        to: middle,
        devices: 100,
        versions: 2,
        kinds: 1,
        labels: 3,
        minuteStep: 1,
        hourStep: 2,
      },
      details: some(12, 8, 10, 1),
    },
    {
      ...{
        name: "small",
        from: middle,
        to: programs,
        devices: 3,
        versions: 1,
        kinds: 1,
        labels: 2,
        minuteStep: 60,
        hourStep: 4,
      },
      details: some(1, 0, 1, 0),
    },
  ];
}

export const seededApp = (nth: number): string => `com.example.p${String(nth).padStart(4, "0")}`;
export const seededDevice = (nth: number): string => `dev_seed${String(nth).padStart(16, "0")}`;
const APP = sql.raw(`'com.example.p' || lpad(p::text, 4, '0')`);
const DEVICE = sql.raw(`'dev_seed' || lpad(d::text, 16, '0')`);

/**
 * Fills a store that is set up and empty with what a fleet of that size leaves behind until now: whole figures, a whole audit
 * chain, documents still to be signed. The same size gives the same rows.
 */
export async function seedAtSize(store: Store, size: Size, nowMs: number): Promise<void> {
  await seedPrograms(store, size, new Date(nowMs - size.days * DAY_MS));
  await seedDevices(store, size, nowMs);
  await seedDecisions(store, size, nowMs);
  await seedAudit(store, size, nowMs);
  await seedFigures(store, size, nowMs);
  await seedEvents(store, size, nowMs);
  await seedMinutes(store, size, nowMs, 2);
  await analyzeEach(store);
}

/** Table by table: the whole of a large store takes longer than Postgres is let be at one statement. */
async function analyzeEach({ db }: Store): Promise<void> {
  const tables = await rowsOf<{ name: string }>(
    db,
    sql`select relname as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  );
  for (const { name } of tables) await db.execute(sql`analyze ${sql.identifier(name)}`);
}

const write = (store: Store, statement: SQL): Promise<unknown> => store.transaction(({ db }) => db.execute(statement));

/** Calls for each part of 0 … count, the last part shorter. */
async function inParts(count: number, atOnce: number, work: (from: number, last: number) => Promise<unknown>) {
  for (let from = 0; from < count; from += atOnce) await work(from, Math.min(count, from + atOnce) - 1);
}

const instantOf = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;

async function seedPrograms(store: Store, size: Size, since: Date): Promise<void> {
  const at = instantOf(since);
  const publishers = Math.max(1, Math.floor(size.programs / 20));
  await write(
    store,
    sql`insert into publishers (id, name, created_at)
        select 'pub_seed' || n, 'Publisher ' || n, ${at} from generate_series(0, ${publishers - 1}::int) as n`,
  );
  await inParts(size.programs, ROWS_AT_ONCE, (from, last) =>
    write(
      store,
      sql`insert into programs (app_id, publisher_id, name, status, created_at)
          select ${APP}, 'pub_seed' || p % ${publishers}::int, 'Program ' || p * 7 % 1000,
            case when p % 50 = 49 then 'suspended' else 'active' end, ${at}
          from generate_series(${from}::int, ${last}::int) as p`,
    ),
  );
  const manifest = JSON.stringify({
    req_permissions: ["network.request", "storage.local", "camera.capture"].map((name) => ({
      name,
      reason: "Because it counts coins.",
    })),
    bulkhead_network: Array.from({ length: 6 }, (_, n) => {
      return { host: `api${n}.example.com`, ports: [443], purposes: ["request"], reason: "Because it asks there." };
    }),
    bulkhead_limits: { requestsPerMinute: 600 },
  });
  const addVersions = (of: SQL) =>
    write(
      store,
      sql`insert into versions (submission_id, app_id, code, name, publisher_id, sha256, size_bytes, kid, engine, declares,
            manifest, state, submitted_at, listed_at)
          select 'sub_seed' || p || '_' || code, ${APP}, code, code || '.0', 'pub_seed' || p % ${publishers}::int,
            rpad(to_hex(p) || 'a' || code, 64, '0'), 400000, 'kid_seed', 'script',
            '["network.request", "storage.local", "camera.capture"]'::jsonb, ${manifest}::jsonb, state,
            ${at} + code * interval '1 hour', case when state = 'listed' then ${at} + code * interval '1 day' end
          from ${of}`,
    );
  await inParts(size.programs, 300, (from, last) =>
    addVersions(
      sql`(select p, code, 'listed' as state from generate_series(${from}::int, ${last}::int) as p, generate_series(1, 2) as code) as listed`,
    ),
  );
  // A few programs with many that wait, and one of each of the others.
  await inParts(size.submissions, 300, (from, last) =>
    addVersions(
      sql`(select case when n % 5 = 0 then n % 3 else n % ${size.programs}::int end as p, 3 + n as code, 'submitted' as state
           from generate_series(${from}::int, ${last}::int) as n) as waiting`,
    ),
  );
  await inParts(size.programs, 60, (from, last) => {
    const entries = Array.from({ length: last - from + 1 }, (_, n) => accessOf(seededApp(from + n)));
    return store.transaction(({ db }) => writeMembers(db, entries.flat(), { at: since, changeSetId: null }));
  });
}

const CAPABILITIES = ["network.request", "storage.local", "device.info", "clipboard.read"];

function accessOf(appId: string) {
  return [
    ...CAPABILITIES.map((capability): EntryOf<"grant"> => {
      return { kind: "grant", member: { kind: "grant", appId, capability }, value: { consent: "none" } };
    }),
    ...Array.from({ length: 8 }, (_, n): EntryOf<"host"> => {
      const value = { host: `api${n}.example.com`, ports: [443], purposes: ["request" as const] };
      return { kind: "host", member: { kind: "host", appId, ruleId: `hr_seed${n}` }, value };
    }),
  ];
}

async function seedDevices(store: Store, size: Size, nowMs: number): Promise<void> {
  const now = instantOf(new Date(nowMs));
  const jwk = JSON.stringify({ kty: "EC", crv: "P-256", x: "0".repeat(43), y: "0".repeat(43) });
  await inParts(size.devices, ROWS_AT_ONCE, (from, last) =>
    write(
      store,
      sql`insert into devices (id, name, labels, public_jwk, thumbprint, runtime_kind, runtime_version, runtime_layers, enrolled_at,
            last_seen_at, revoked_at, applied_epoch, applied_platform, applied_at, discarded)
          select ${DEVICE}, 'Till ' || d * 7 % 1000, jsonb_build_object('region', (array['eu', 'us', 'jp'])[1 + d % 3]), ${jwk}::jsonb,
            'thumbprint' || d, (array['linux', 'android', 'ios'])[1 + d % 3], '0.2.0',
            jsonb_build_array(jsonb_build_object('name', 'seccomp', 'active', d % 20 > 0)), ${now} - interval '20 days',
            ${now} - (d % 90) * interval '1 second', case when d % 100 = 99 then ${now} end, 1, d % 3, ${now}, '{"queue_full": 2}'::jsonb
          from generate_series(${from}::int, ${last}::int) as d`,
    ),
  );
}

async function seedDecisions(store: Store, size: Size, nowMs: number): Promise<void> {
  const now = instantOf(new Date(nowMs));
  await write(
    store,
    sql`insert into people (id, email, name, role, state, created_at)
        select 'per_seed' || n, 'seed' || n || '@bench.example', 'Person ' || n, (array['operator', 'security', 'auditor'])[1 + n % 3],
          'active', ${now} - interval '20 days' from generate_series(0, 49) as n`,
  );
  const stateOf = sql.raw(`case when n % 50 = 0 then 'proposed' when n % 50 = 1 then 'refused' else 'published' end`);
  await inParts(size.decisions, ROWS_AT_ONCE, async (from, last) => {
    const series = sql`generate_series(${from}::int, ${last}::int) as n`;
    const at = sql`${now} - (${size.decisions}::int - n) * interval '1 minute'`;
    await write(
      store,
      sql`insert into change_sets (id, owner_id, state, reason, is_narrowing, decided_by, decided_at, proposed_at, published_by,
            published_at, platform_epoch, platform_revision, created_at, updated_at)
          select id, 'per_seed' || n % 50, state, 'Partners asked for it', false,
            case when state <> 'proposed' then 'per_seed' || (n + 1) % 50 end, case when state <> 'proposed' then at end, at,
            case when state = 'published' then 'per_seed' || n % 50 end, case when state = 'published' then at end, 1, 1, at, at
          from (select n, 'cs_seed' || n as id, ${stateOf} as state, ${at} as at from ${series}) as made`,
    );
    await write(
      store,
      sql`insert into changes (id, change_set_id, position, member, before, after, direction)
          select 'chg_seed' || n, 'cs_seed' || n, 0, 'program:' || ${APP} || '/host:hr_seed' || n % 8, null,
            '{"host": "api.example.com", "ports": [443], "purposes": ["request"]}'::jsonb, 'widens'
          from (select n, n % ${size.programs}::int as p from ${series}) as made`,
    );
  });
}

/** Entries that follow from the log's end, as every verb writes them. */
async function seedAudit(store: Store, size: Size, nowMs: number): Promise<void> {
  const [head] = await store.db.select().from(auditHead);
  let { sequence, sha256 } = head ?? { sequence: 0, sha256: "0".repeat(64) };
  await inParts(size.auditEntries, 500, async (from, last) => {
    const rows: (typeof auditEntries.$inferInsert)[] = [];
    for (let n = from; n <= last; n += 1) {
      const at = new Date(nowMs - (size.auditEntries - n) * 20_000);
      const line = {
        ...{
          sequence: sequence + 1,
          id: `aud_seed${n}`,
          at: at.toISOString(),
          action: n % 50 === 0 ? "change-set.publish" : "change-set.propose",
        },
        actor: {
          kind: "person",
          id: `per_seed${n % 50}`,
          name: `Person ${n % 50}`,
          email: `seed${n % 50}@bench.example`,
          role: "operator",
          publisherId: null,
        },
        ...{
          subject: `program:${seededApp(n % size.programs)}/host:hr_seed${n % 8}`,
          appId: seededApp(n % size.programs),
        },
        ...{ changeSetId: `cs_seed${n % size.decisions}`, reason: "Partners asked for it", before: null },
        after: { host: "api.example.com", ports: [443], purposes: ["request"] },
        ...{ requestId: `req_seed${n}`, previousSha256: sha256 },
      };
      sha256 = await auditEntrySha256(line, nodeDigest);
      sequence += 1;
      rows.push({ ...line, at, sha256 });
    }
    await store.transaction(async ({ db }) => {
      await insertRows(db, auditEntries, rows);
      await db.update(auditHead).set({ sequence, sha256 });
    });
  });
}

type Variant = ReturnType<typeof toMeasureColumns> & { histogram: Uint8Array };

/** What so many device-minutes of devices of a program were together. */
function variantOf(nth: number, devices: number, minutes: number): Variant {
  const measures = noMeasures();
  const calls: Histogram = new Map();
  for (let minute = 0; minute < minutes; minute += 1) {
    const spread = (nth * 31 + minute * 17) % 97;
    const numbers = {
      ...{
        ...noNumbers(),
        cpuMs: 100 + spread * 40,
        memoryBytesMax: (60 + spread) * 1024 * 1024,
        requests: spread,
        blocked: spread % 5,
      },
      ...{
        bytesIn: spread * 9_000,
        bytesOut: spread * 700,
        inFlightMax: spread % 9,
        requestsPerSecondMax: spread % 30,
      },
      ...{
        bridgeCalls: spread * 3,
        bridgeCallsPerSecondMax: spread % 40,
        storageBytesMax: spread * 4_096,
        cacheBytesMax: spread * 9_192,
      },
    };
    enterMinutes(measures, [{ hash: hashDevice(seededDevice(minute % devices)), numbers, before: null }]);
    enter(calls, spread % 20);
  }
  return { ...toMeasureColumns(measures), histogram: packHistogram(calls) };
}

const spelt = (value: number | Uint8Array | null): string =>
  value instanceof Uint8Array ? `'\\x${Buffer.from(value).toString("hex")}'::bytea` : `${value}`;

/** A list of variants to join with, `v(k, …)`, of the measures' columns or of what a detail has. */
function measureVariants(devices: number, minutes: number): { from: SQL; columns: string } {
  const variants = Array.from({ length: VARIANTS }, (_, nth) => variantOf(nth, devices, minutes));
  const names = new Map(getTableConfig(fleetMinutes).columns.map((column) => [column.name, column]));
  const keyed = Object.entries(fleetMinutes).filter(
    ([key, column]) => Object.hasOwn(variants[0] ?? {}, key) && names.has((column as { name: string }).name),
  );
  const columns = keyed.map(([, column]) => (column as { name: string }).name).join(", ");
  const rows = variants.map((variant, k) => {
    const values = keyed.map(([key]) => spelt(variant[key as keyof Variant]));
    return `(${k}, ${values.join(", ")})`;
  });
  return { from: sql.raw(`(values ${rows.join(", ")}) as v(k, ${columns})`), columns };
}

function detailVariants(devices: number, minutes: number): SQL {
  const rows = Array.from({ length: VARIANTS }, (_, k) => {
    const { histogram } = variantOf(k, devices, minutes);
    const told = Array.from({ length: Math.min(devices, 8 * (k + 1)) }, (_unused, d) => hashDevice(seededDevice(d)));
    return `(${k}, ${spelt(histogram)}, ${spelt(packSketch(sketchOf(told)))})`;
  });
  return sql.raw(`(values ${rows.join(", ")}) as v(k, histogram, devices)`);
}

async function seedFigures(store: Store, size: Size, nowMs: number): Promise<void> {
  const hours = size.days * 24;
  const newestHour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const daysBack = Array.from({ length: size.days + 1 }, (_, n) => nowMs - n * DAY_MS);
  for (const relation of ["hour_rollups", "hour_details"] as const) await keepDays(store, relation, daysBack);
  await keepDays(store, "fleet_minutes", daysBack.slice(0, 3));
  const hourOf = (h: string) => sql`${instantOf(new Date(newestHour))} - ${sql.raw(h)} * interval '1 hour'`;
  for (const group of groupsOf(size)) {
    if (group.from >= group.to) continue;
    const programs = sql`generate_series(${group.from}::int, ${group.to - 1}::int) as p`;
    const hour = measureVariants(group.devices, Math.min(group.devices, 60) * 20);
    await inParts(hours, 4, (from, last) =>
      write(
        store,
        sql`insert into hour_rollups (app_id, version_code, runtime_kind, labels, hour, ${sql.raw(hour.columns)})
            select ${APP}, version, (array['linux', 'android'])[kind], 'region=' || (array['eu', 'us', 'jp'])[label], ${hourOf("h")},
              ${sql.raw(hour.columns)}
            from ${programs}, generate_series(${from}::int, ${last}::int) as h, generate_series(1, ${group.versions}::int) as version,
              generate_series(1, ${group.kinds}::int) as kind, generate_series(1, ${group.labels}::int) as label
            join ${hour.from} on true where v.k = (p + h + label) % ${VARIANTS}`,
      ),
    );
    const minute = measureVariants(group.devices, group.devices);
    await inParts(size.minutes / group.minuteStep, 60, (from, last) =>
      write(
        store,
        sql`insert into fleet_minutes (app_id, version_code, at, ${sql.raw(minute.columns)})
            select ${APP}, version, ${instantOf(new Date(Math.floor(nowMs / 60_000) * 60_000))}
              - (2 + m * ${group.minuteStep}::int) * interval '1 minute', ${sql.raw(minute.columns)}
            from ${programs}, generate_series(${from}::int, ${last}::int) as m, generate_series(1, ${group.versions}::int) as version
            join ${minute.from} on true where v.k = (p + m) % ${VARIANTS}`,
      ),
    );
    const told = detailVariants(group.devices, Math.min(group.devices, 60));
    for (const [kind, names] of Object.entries(group.details)) {
      if (names === 0) continue;
      await inParts(hours / group.hourStep, 8, (from, last) =>
        write(
          store,
          sql`insert into hour_details (app_id, kind, name, hour, version_code, program_revision, allowed, refused, throttled_ms,
                evicted, late, first_at, last_at, about, histogram, devices)
              select ${APP}, ${kind}, ${nameOf(kind)}, ${hourOf("h")}, version, 1, ${kind === "cause" || kind === "limit" ? sql`0` : sql`(n + h) % 50`},
                (n * 7 + h) % 40, ${kind === "limit" ? sql`n * 10` : sql`0`}, 0, 0, ${hourOf("h")}, ${hourOf("h")} + interval '50 minutes',
                ${aboutOf(kind)}, v.histogram, v.devices
              from ${programs}, (select s * ${group.hourStep}::int as h from generate_series(${from}::int, ${last}::int) as s) as hours, generate_series(1, ${names}::int) as n,
                generate_series(1, ${group.versions}::int) as version
              join ${told} on true where v.k = (n + h) % ${VARIANTS}`,
        ),
      );
    }
    // Every third is mended, as of the first decision.
    await inParts(group.details.cause, 50, async (from, last) => {
      const causes = sql`${programs}, generate_series(${from}::int + 1, ${last}::int + 1) as n`;
      await write(
        store,
        sql`insert into denial_sightings (app_id, cause, purpose, runtime_kind, version_code, about, first_at, last_at)
            select ${APP}, ${nameOf("cause")}, 'request', (array['linux', 'android'])[kind], 1, ${aboutOf("cause")}, ${hourOf("300")}, ${hourOf("0")}
            from ${causes}, generate_series(1, 2) as kind`,
      );
      await write(
        store,
        sql`insert into denial_mends (app_id, cause, purpose, version_code, counted_kind, counted_name, document, epoch, revision, at,
              is_first, through, is_at_least)
            select ${APP}, ${nameOf("cause")}, 'request', 1, 'host', 'cdn' || n || '.example.com:443:request', 'program', 1, 1, ${hourOf("200")},
              true, n, false
            from ${causes} where n % 3 = 0`,
      );
    });
  }
  await write(
    store,
    sql`insert into denial_judgements (app_id, judged) select distinct app_id, '' from denial_sightings`,
  );
}

const LIMITS = `(array['requestsPerMinute', 'cpuMsPerMinute'])[n]`;
const APIS = `(array['storage.local.get', 'storage.local.set', 'network.request'])[1 + n % 3]`;

function nameOf(kind: string): SQL {
  if (kind === "host") return sql.raw(`'api' || n || '.example.com:443:request'`);
  if (kind === "api") return sql.raw(`case when n <= 3 then ${APIS} else 'unknown.call' || n end`);
  if (kind === "limit") return sql.raw(LIMITS);
  return sql.raw(`lpad(to_hex(p), 4, '0') || lpad(to_hex(n), 12, '0')`);
}

function aboutOf(kind: string): SQL {
  if (kind === "host")
    return sql.raw(`jsonb_build_object('host', 'api' || n || '.example.com', 'port', 443, 'purpose', 'request')`);
  if (kind !== "cause") return sql`null::jsonb`;
  return sql.raw(
    `jsonb_build_object('code', (array['${CAUSES.join("', '")}'])[1 + n % 3], 'layer', 'host', 'rule', null, 'host', 'cdn' || n || '.example.com', 'port', 443, 'purpose', 'request')`,
  );
}

/** Single records of denials, most of them of the large programs. */
async function seedEvents(store: Store, size: Size, nowMs: number): Promise<void> {
  await keepDays(
    store,
    "events",
    Array.from({ length: size.days + 1 }, (_, n) => nowMs - n * DAY_MS),
  );
  const stepMs = Math.floor((size.days * DAY_MS) / size.events);
  await inParts(size.events, 5 * ROWS_AT_ONCE, (from, last) =>
    write(
      store,
      sql`insert into events (device_id, event_id, at, received_at, type, app_id, version_code, denial_id, cause, code, layer, rule, body)
          select 'dev_seed' || lpad(d::text, 16, '0'), 'evt_seed' || e, at, at, 'blocked_request', ${APP}, 1, cause || lpad(to_hex(e), 16, '0'), cause,
            'HOST_NOT_ALLOWED', 'host', null, jsonb_build_object('code', 'HOST_NOT_ALLOWED', 'host', 'cdn' || n || '.example.com', 'port', 443,
              'purpose', 'request', 'epoch', 1, 'programRevision', 1, 'platformRevision', 1)
          from (
            select e, p, n, e % ${size.devices}::int as d, ${instantOf(new Date(nowMs))} - e * ${stepMs}::int * interval '1 millisecond' as at,
              lpad(to_hex(p), 4, '0') || lpad(to_hex(n), 12, '0') as cause
            from (select e, case when e % 4 = 0 then e / 4 % ${size.programs}::int else e % 3 end as p, 1 + e / 3 % 100 as n
                  from generate_series(${from}::int, ${last}::int) as e) as numbered
          ) as made`,
    ),
  );
}

/** So many minutes of all devices, back from now, that no roll-up holds yet: three programs each. */
export async function seedMinutes(store: Store, size: Size, nowMs: number, minutes: number): Promise<void> {
  const [hosts, apis, denials] = [
    Array.from({ length: 10 }, (_, n) => ({
      ...{ host: `api${n}.example.com`, port: 443, purpose: "request" },
      allowed: 4,
      blocked: 1,
    })),
    { "storage.local.get": { allowed: 4, denied: 0 } },
    [
      {
        cause: "f".repeat(16),
        code: "HOST_NOT_ALLOWED",
        layer: "host",
        rule: null,
        host: "new.example.com",
        port: 443,
        purpose: "request",
        count: 3,
      },
    ],
  ].map((value) => JSON.stringify(value));
  await inParts(size.devices, 200, (from, last) =>
    write(
      store,
      sql`insert into telemetry_minutes (device_id, app_id, version_code, at, cpu_ms, memory_bytes_max, requests, blocked, bytes_in, bytes_out,
            in_flight_max, throttled_ms, crashes, apis, hosts, denials, applied_epoch, applied_platform, applied_program, runtime_kind,
            runtime_version)
          select ${DEVICE}, ${APP}, 1, ${instantOf(new Date(Math.floor(nowMs / 60_000) * 60_000))} - m * interval '1 minute', 400, 90000000, 40, 10,
            9000, 800, 4, 0, 0, ${apis}::jsonb, ${hosts}::jsonb, ${denials}::jsonb, 1, 1, 1, 'linux', '0.2.0'
          from (
            select d, m, (array[d % 3, 3 + d % 17, 20 + d % 980])[slot] % ${size.programs}::int as p
            from generate_series(${from}::int, ${last}::int) as d, generate_series(0, ${minutes - 1}::int) as m, generate_series(1, 3) as slot
          ) as made on conflict do nothing`,
    ),
  );
}

/** How many rows the large tables have. */
export async function countSeeded(store: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const relation of [
    "hour_rollups",
    "hour_details",
    "fleet_minutes",
    "events",
    "telemetry_minutes",
    "audit_entries",
    "change_sets",
  ]) {
    const [row] = await rowsOf<{ count: number }>(
      store.db,
      sql.raw(`select count(*)::float8 as count from ${relation}`),
    );
    counts[relation] = row?.count ?? 0;
  }
  return counts;
}
