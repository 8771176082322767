import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepDays } from "@/db/partitions";
import {
  denialSightings,
  devices,
  events,
  hourDetails,
  programs,
  publishedMembers,
  seenCauses,
  telemetryMinutes,
} from "@/db/schema";
import { packHistogram } from "@/lib/domain/measures/histogram";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { acknowledgeCause } from "../denials/acknowledge";
import { approveSubmission } from "../submissions/approve-submission";
import { submitBundle } from "../submissions/submit-bundle";
import {
  openServiceFixture,
  type PersonActor,
  type ServiceFixture,
  type TestPublisher,
} from "../testing/service-fixture";
import { getOverview } from "./get-overview";
import { listNewDenials } from "./new-denials";

const HOUR = 3_600_000;
const ROLES = ["admin", "operator", "security", "auditor"] as const;
const HOSTILE = Number.MAX_SAFE_INTEGER;

let fixture: ServiceFixture;
let people: Record<(typeof ROLES)[number], PersonActor>;
let appId: string;
let publisher: TestPublisher;
let count = 0;

beforeAll(async () => {
  fixture = await openServiceFixture();
  const person = (role: (typeof ROLES)[number]) => fixture.person(role);
  people = {
    admin: await person("admin"),
    operator: await person("operator"),
    security: await person("security"),
    auditor: await person("auditor"),
  };
  ({ appId, publisher } = await fixture.program());
  const at = new Date(fixture.clock.nowMs());
  for (const ago of [0, HOUR, 2 * HOUR]) {
    await keepDays(fixture.ctx.store, "hour_details", [at.getTime() - ago]);
    await keepDays(fixture.ctx.store, "events", [at.getTime() - ago]);
  }
  await fixture.ctx.store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id: "dev_1", name: "Bench", publicJwk: KEY_ONE, thumbprint: "dev_1", runtimeKind: "linux" },
      ...{ runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {}, enrolledAt: at, lastSeenAt: at },
    }),
  );
});
afterAll(() => fixture.close());

const kindsFor = async (role: (typeof ROLES)[number]) =>
  (await getOverview(fixture.ctx, people[role])).waiting.map(({ kind, id }) => `${kind} ${id}`);
const rowsFor = async (role: (typeof ROLES)[number]) => (await getOverview(fixture.ctx, people[role])).waiting;

type About = { code: string; layer: string; host?: string; port?: number; purpose?: string; api?: string };
const nextCause = () => {
  count += 1;
  return count.toString(16).padStart(16, "0");
};

/** A cause that was heard of so long ago, and its record where one was kept. */
async function refuse(of: string, agoMs: number, about: About, isRecorded = true): Promise<string> {
  const cause = nextCause();
  const at = new Date(fixture.clock.nowMs() - agoMs);
  const denialId = `${cause}${"0".repeat(16)}`;
  await fixture.ctx.store.transaction(async ({ db }) => {
    await db.insert(seenCauses).values({ appId: of, cause, firstSeenAt: at, lastSeenAt: at, about });
    if (!isRecorded) return;
    await db.insert(events).values({
      ...{ deviceId: "dev_1", eventId: `evt_${cause}`, at: new Date(fixture.clock.nowMs()), receivedAt: at },
      ...{ type: "blocked_request", appId: of, versionCode: 1, denialId, cause, code: about.code, layer: about.layer },
      ...{ rule: null, body: { ...about, api: about.api ?? "network.request" } },
    });
  });
  return denialId;
}
const hostRefusal = (host: string): About => {
  return { code: "HOST_NOT_ALLOWED", layer: "host", host, port: 443, purpose: "request" };
};
const forget = () => fixture.ctx.store.transaction(({ db }) => db.delete(seenCauses));

async function publish(member: string, after: unknown): Promise<void> {
  const { operator, security } = people;
  const draft = await fixture.draft(operator, { [member]: after });
  await proposeChangeSet(fixture.ctx, operator, draft.id, { reason: "For the test." });
  await approveChangeSet(fixture.ctx, security, draft.id, { reason: "Yes." });
  await publishChangeSet(fixture.ctx, operator, draft.id);
}

describe("denials that wait", () => {
  it("are those that the platform heard of first in 24 h, a row a program, for whoever may narrow", async () => {
    const denialId = await refuse(appId, HOUR, hostRefusal("a.example.com"));
    await refuse(appId, 25 * HOUR, hostRefusal("old.example.com"));
    const [row] = await rowsFor("operator");
    expect(row).toMatchObject({
      ...{ kind: "denial", id: appId, href: `/denials/${denialId}`, action: "See why" },
      title: `${appId} was refused a.example.com:443 for the first time`,
      since: new Date(fixture.clock.nowMs() - HOUR).toISOString(),
    });
    await refuse(appId, 2 * HOUR, { code: "PERMISSION_DENIED", layer: "grant", api: "nfc.read" }, false);
    expect(await rowsFor("security")).toMatchObject([
      {
        ...{
          kind: "denial",
          id: appId,
          href: `/programs/${appId}/blocked?range=24h`,
          detail: "a.example.com:443, nfc.read",
        },
        title: `${appId} was refused 2 things for the first time`,
      },
    ]);
    expect(await kindsFor("admin")).toEqual([]);
    expect(await kindsFor("auditor")).toEqual([]);
    await forget();
  });

  it("are none that what is in force lets through by now, and none that a limit or a suspension tells already", async () => {
    await refuse(appId, HOUR, hostRefusal("mended.example.com"));
    await refuse(appId, HOUR, { code: "RATE_LIMITED", layer: "limit", api: "network.request" });
    await refuse(appId, HOUR, { code: "PROGRAM_SUSPENDED", layer: "platform", api: "network.request" });
    expect(await kindsFor("operator")).toEqual([`denial ${appId}`]);
    const bundle = fixture.bundle(publisher, { appId, code: 1, permissions: ["network.request"] });
    const { submissionId } = await submitBundle(fixture.ctx, publisher.actor, bundle);
    await approveSubmission(fixture.ctx, people.operator, submissionId, { reason: "" });
    expect(await kindsFor("operator")).toEqual([`denial ${appId}`]);
    await publish(`program:${appId}/host:new`, { host: "mended.example.com", ports: [443], purposes: ["request"] });
    expect(await kindsFor("operator")).toEqual([]);
    await refuse(appId, HOUR, hostRefusal("other.example.com"));
    expect(await rowsFor("operator")).toMatchObject([{ detail: "other.example.com:443" }]);
    await forget();
  });

  it("are none that somebody acknowledged, until one is seen for a new purpose", async () => {
    const { ctx, clock } = fixture;
    const cause = causeOfDenial(await refuse(appId, HOUR, hostRefusal("known.example.com")));
    const at = new Date(clock.nowMs());
    const sighting = { appId, cause, runtimeKind: "linux", versionCode: 1, about: {}, firstAt: at, lastAt: at };
    const see = (purpose: string) =>
      ctx.store.transaction(({ db }) => db.insert(denialSightings).values({ ...sighting, purpose }));
    await see("request");
    expect(await kindsFor("operator")).toEqual([`denial ${appId}`]);
    await acknowledgeCause(ctx, people.security, { appId, cause, reason: "Known, and meant." });
    expect(await kindsFor("operator")).toEqual([]);
    await see("upload");
    expect(await kindsFor("operator")).toEqual([`denial ${appId}`]);
    await forget();
  });

  it("are mended when they are for each purpose for which they were seen, whatever the newest record says", async () => {
    const about = hostRefusal("mended.example.com");
    const cause = causeOfDenial(await refuse(appId, HOUR, about));
    expect(await kindsFor("operator")).toEqual([]);
    const at = new Date(fixture.clock.nowMs());
    const sighting = { appId, cause, runtimeKind: "linux", versionCode: 1, about, firstAt: at, lastAt: at };
    await fixture.ctx.store.transaction(({ db }) =>
      db.insert(denialSightings).values(["request", "upload"].map((purpose) => ({ ...sighting, purpose }))),
    );
    expect(await kindsFor("operator")).toEqual([`denial ${appId}`]);
    await forget();
  });

  it("are not all told of where those that are looked at are mended and there are more", async () => {
    for (let more = 0; more < 25; more += 1) await refuse(appId, HOUR, hostRefusal("mended.example.com"));
    expect(await listNewDenials(fixture.ctx.store.db, fixture.clock.nowMs())).toEqual({ items: [], isMore: true });
    await forget();
  });

  it("say 'at least' past what is looked at of one program, and leave room for the others", async () => {
    const { appId: other } = await fixture.program();
    for (let more = 0; more < 25; more += 1) await refuse(appId, HOUR, hostRefusal(`h${more}.example.com`), false);
    await refuse(other, 2 * HOUR, hostRefusal("a.example.com"), false);
    const rows = await rowsFor("operator");
    expect(rows.map(({ id }) => id)).toEqual([appId, other]);
    expect(rows[0]?.title).toContain("at least 20 things");
    await forget();
  });
});

describe("limits that are reached", () => {
  it("are those that held devices back in this hour or the one before, folded or not, each once, with its maximum", async () => {
    const hour = new Date(Math.floor(fixture.clock.nowMs() / HOUR) * HOUR);
    const firstAt = new Date(fixture.clock.nowMs() - 60_000);
    await fixture.ctx.store.transaction(async ({ db }) => {
      await db.insert(hourDetails).values(
        (["requestsPerSecond", "somethingNewer"] as const).map((name) => ({
          ...{ appId, kind: "limit" as const, name, hour, versionCode: 1, programRevision: 1, allowed: 0 },
          ...{
            refused: HOSTILE,
            throttledMs: HOSTILE,
            evicted: HOSTILE,
            late: 0,
            firstAt,
            lastAt: firstAt,
            about: null,
          },
          ...{ histogram: packHistogram(new Map()), devices: new Uint8Array([0]) },
        })),
      );
      const minute = {
        ...{
          deviceId: "dev_1",
          appId,
          versionCode: 1,
          at: new Date(fixture.clock.nowMs()),
          cpuMs: 0,
          memoryBytesMax: 0,
        },
        ...{ requests: HOSTILE, blocked: HOSTILE, bytesIn: 0, bytesOut: 0, inFlightMax: 0, throttledMs: 5, crashes: 0 },
        ...{ apis: {}, hosts: [], denials: [] },
      };
      await db.insert(telemetryMinutes).values({
        ...minute,
        limits: { requestsPerSecond: { refused: 1 }, cpuMsPerMinute: { throttledMs: 5 } },
      });
    });
    const rows = (await rowsFor("security")).filter(({ kind }) => kind === "limit");
    expect(rows.map(({ id, limit, since }) => [id, limit?.name, since])).toEqual([
      [`${appId} requestsPerSecond`, "requestsPerSecond", firstAt.toISOString()],
      [`${appId} cpuMsPerMinute`, "cpuMsPerMinute", new Date(fixture.clock.nowMs()).toISOString()],
    ]);
    expect(rows.every(({ limit }) => (limit?.max ?? 0) > 0)).toBe(true);
    await fixture.ctx.store.transaction(async ({ db }) => {
      await db.delete(hourDetails);
      await db.delete(telemetryMinutes);
    });
  });
});

describe("suspensions", () => {
  it("say by whom, why, and how long whoever did it may undo it alone; the lifting that waits stands in their place", async () => {
    const { appId: other } = await fixture.program();
    const changes = [{ member: `program:${other}/status`, after: "suspended" }];
    const set = await narrowAtOnce(fixture.ctx, people.security, { changes, reason: "It mines." });
    const of = async (role: "operator" | "security") =>
      (await rowsFor(role)).filter(({ kind }) => kind === "suspension");
    const until = new Date(fixture.clock.nowMs() + 15 * 60_000).toISOString();
    expect(await of("security")).toMatchObject([{ action: "Undo", until, href: `/policy/${set.id}` }]);
    const told = { detail: `By ${people.security.name}: It mines.`, until: null, href: `/programs/${other}` };
    expect(await of("operator")).toMatchObject([told]);
    fixture.clock.advance(16 * 60);
    expect(await of("security")).toMatchObject([{ until: null, action: "Propose lifting; takes two" }]);
    const draft = await fixture.draft(people.operator, { [`program:${other}/status`]: "active" });
    await proposeChangeSet(fixture.ctx, people.operator, draft.id, { reason: "It was another one." });
    const rows = await rowsFor("security");
    expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`change-set ${draft.id}`]);
    expect(await of("operator")).toMatchObject([told]);
    await approveChangeSet(fixture.ctx, people.security, draft.id, { reason: "Yes." });
    await publishChangeSet(fixture.ctx, people.operator, draft.id);
    expect(await kindsFor("security")).toEqual([]);
  });
});

describe("a suspension that no decision is kept of", () => {
  it("says of no moment that it began then", async () => {
    const { appId: other } = await fixture.program();
    const to = (status: "active" | "suspended") =>
      fixture.ctx.store.transaction(({ db }) => db.update(programs).set({ status }).where(eq(programs.appId, other)));
    await to("suspended");
    expect((await rowsFor("security")).filter(({ id }) => id === other)).toMatchObject([{ since: null, until: null }]);
    await to("active");
  });
});

describe("what ends", () => {
  it("is told of rules that end in a week or did so within a day, to whoever approves", async () => {
    const seconds = Math.floor(fixture.clock.nowMs() / 1000);
    const rule = (host: string, until: number) => ({ host, ports: [443], purposes: ["request"], until });
    const member = (id: string) => `program:${appId}/host:${id}`;
    const at = new Date(fixture.clock.nowMs());
    const rows = [
      ["hr_soon", rule("soon.example.com", seconds + 3 * 86_400)],
      ["hr_over", rule("over.example.com", seconds - 3600)],
      ["hr_later", rule("later.example.com", seconds + 8 * 86_400)],
      ["hr_long", rule("long.example.com", seconds - 2 * 86_400)],
      ["hr_odd", { until: "9".repeat(400) }],
    ] as const;
    await fixture.ctx.store.transaction(({ db }) =>
      db
        .insert(publishedMembers)
        .values(
          rows.map(([id, value]) => ({ member: member(id), kind: "host" as const, appId, value, updatedAt: at })),
        ),
    );
    expect((await rowsFor("operator")).map(({ kind, title, until }) => [kind, title, until])).toEqual([
      ["ending", `${appId}: host over.example.com`, new Date((seconds - 3600) * 1000).toISOString()],
      ["ending", `${appId}: host soon.example.com`, new Date((seconds + 3 * 86_400) * 1000).toISOString()],
    ]);
    expect(await kindsFor("admin")).toEqual([]);
    await fixture.ctx.store.transaction(({ db }) => db.delete(publishedMembers));
  });

  it("is told of a document that was not signed anew, to whoever tends the platform", async () => {
    const before = fixture.clock.nowMs();
    const { exp } = await fixture.platformClaims();
    fixture.clock.set((exp - 3600) * 1000);
    const of = async (role: (typeof ROLES)[number]) => (await kindsFor(role)).filter((row) => row.startsWith("ending"));
    expect(await of("admin")).toContain("ending platform-document");
    expect(await of("operator")).toContain("ending platform-document");
    expect(await of("security")).toEqual([]);
    fixture.clock.set(before);
  });
});

describe("a thousand programs", () => {
  it("cost as many statements as ten do, and fill no more rows than one kind may take", async () => {
    const { publisherId } = (await fixture.ctx.store.db.select().from(programs).limit(1))[0] ?? { publisherId: "" };
    const at = new Date(fixture.clock.nowMs());
    const add = (from: number, to: number) =>
      fixture.ctx.store.transaction(async ({ db }) => {
        const names = Array.from({ length: to - from }, (_, index) => `com.example.many${from + index}`);
        const status = "suspended" as const;
        await db
          .insert(programs)
          .values(names.map((id) => ({ appId: id, name: id, publisherId, status, createdAt: at })));
        await db.insert(seenCauses).values(
          names.map((id) => ({
            ...{ appId: id, cause: "c".repeat(16), firstSeenAt: at, lastSeenAt: at },
            about: hostRefusal("many.example.com"),
          })),
        );
      });
    const statements = async () => {
      let ran = 0;
      const { store } = fixture.ctx;
      const counting = new Proxy(store.db, {
        get: (target, name, own) => {
          if (name === "select" || name === "execute" || name === "selectDistinctOn") ran += 1;
          return Reflect.get(target, name, own);
        },
      });
      const ctx = {
        ...fixture.ctx,
        store: new Proxy(store, { get: (of, name) => (name === "db" ? counting : Reflect.get(of, name)) }),
      };
      const { waiting, isMoreWaiting } = await getOverview(ctx, people.operator);
      return { ran, waiting, isMoreWaiting };
    };
    await add(0, 25);
    const few = await statements();
    await add(25, 1_000);
    const many = await statements();
    expect(many.ran).toBe(few.ran);
    expect(many.waiting).toHaveLength(40);
    expect(many.isMoreWaiting).toBe(true);
    expect(few.ran).toBeLessThan(80);
  });
});
