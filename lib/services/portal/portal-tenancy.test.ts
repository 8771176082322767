import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { newestDocument } from "@/db/newest-document";
import { keepDays } from "@/db/partitions";
import { devices, events, people, programs, publishers, telemetryMinutes } from "@/db/schema";
import { portalRoutes } from "@/lib/http/routes/portal";
import { isAppError } from "@/lib/platform/errors";
import { foldMinutes } from "@/lib/sync/telemetry/fold-minutes";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { getDenial } from "../denials/get-denial";
import { listDenials } from "../denials/list-denials";
import { listLimits } from "../programs/list-limits";
import { listPrograms } from "../programs/list-programs";
import { approveSubmission } from "../submissions/approve-submission";
import { submitBundle } from "../submissions/submit-bundle";
import {
  openServiceFixture,
  type PersonActor,
  type ServiceFixture,
  type TestPublisher,
} from "../testing/service-fixture";
import { getPortalDenial } from "./get-portal-denial";
import { getPortalProgram } from "./get-portal-program";
import { listPortalDenials } from "./list-portal-denials";
import { listPortalPrograms } from "./list-portal-programs";
import { readPortalPublished } from "./read-portal-published";
import { readPortalQuota } from "./read-portal-quota";

/** Words that stand in the store once: an answer to the developer of `mine` that holds one of them tells too much. */
const SECRETS = {
  platform: ["Quill Ormsby", "Xenia Thule", "because-of-walrus", "checked-by-heron"],
  devices: ["dev_zebra", "Till by the zinc door"],
  others: ["Orchid Works", "Orchid Chat", "example.orchid", "api.orchid.example", "orchid-limit"],
  blocked: ["never-asked.example"],
} as const;
const ALL_SECRETS = Object.values(SECRETS).flat();
const MINE = "com.example.mine";
const THEIRS = "com.example.orchid";
const NOBODYS = "com.example.nobodys";
const BLOCKED = "adlantern.example";

let held: ServiceFixture;
let developer: PersonActor;
let operator: PersonActor;
let security: PersonActor;
let count = 0;

const cause = (letter: string) => letter.repeat(16);
const denialOf = (letter: string, nth = 1) => `${cause(letter)}-${String(nth).padStart(8, "0")}`;

async function decide(changes: Record<string, unknown>): Promise<void> {
  const reason = { reason: SECRETS.platform[2] };
  const { id } = await held.draft(operator, changes);
  await proposeChangeSet(held.ctx, operator, id, reason);
  await approveChangeSet(held.ctx, security, id, { reason: SECRETS.platform[3] });
  await publishChangeSet(held.ctx, operator, id);
  held.clock.advance(60);
}

async function bringIn(publisher: TestPublisher, appId: string, name: string): Promise<void> {
  await held.ctx.store.transaction(({ db }) =>
    db.insert(programs).values({
      ...{ appId, name, publisherId: publisher.id, status: "active" as const },
      createdAt: new Date(held.clock.nowMs()),
    }),
  );
  const bundle = held.bundle(publisher, { appId, code: 1, permissions: ["network.request", "clipboard.read"] });
  const { submissionId } = await submitBundle(held.ctx, publisher.actor, bundle);
  await approveSubmission(held.ctx, operator, submissionId, { reason: SECRETS.platform[3] });
  held.clock.advance(60);
}

type Told = { code: string; layer: string; rule: string | null; host?: string; api?: string };

/** A record of a refusal and its count, as a device tells both. */
async function refuse(appId: string, letter: string, told: Told, denialId = denialOf(letter)): Promise<void> {
  const { ctx } = held;
  const program = await newestDocument(ctx.store.db, "program", appId);
  const platform = await newestDocument(ctx.store.db, "platform", "");
  const at = new Date(Math.floor(ctx.clock.nowMs() / 60_000) * 60_000);
  const { host, api = "network.request", code, layer, rule } = told;
  const target = host === undefined ? {} : { host, port: 443, purpose: "request" as const };
  const about = { code, layer, rule, api, ...target };
  const position = { epoch: platform?.epoch, programRevision: program?.revision, platformRevision: platform?.revision };
  count += 1;
  await keepDays(ctx.store, "events", [at.getTime()]);
  await ctx.store.transaction(async ({ db }) => {
    await db.insert(telemetryMinutes).values({
      ...{ deviceId: SECRETS.devices[0], appId, versionCode: 1, at, cpuMs: 3000, memoryBytesMax: 9_000_000 },
      ...{ requests: 7, blocked: 1, bytesIn: 0, bytesOut: 0, inFlightMax: 2, throttledMs: 40, crashes: 0, apis: {} },
      ...{ hosts: [], requestsPerSecondMax: 3, limits: { requestsPerSecond: { refused: 5 } } },
      denials: [{ cause: cause(letter), ...about, count: 1 }],
    });
    await db.insert(events).values({
      ...{ deviceId: SECRETS.devices[0], eventId: `evt_${count}`, at, receivedAt: at, type: "blocked_request", appId },
      ...{ versionCode: 1, denialId, cause: cause(letter), code, layer, rule, body: { ...about, ...position } },
    });
  });
}

beforeAll(async () => {
  held = await openServiceFixture();
  const { ctx } = held;
  operator = { ...(await held.person("operator")), name: SECRETS.platform[0] };
  security = { ...(await held.person("security")), name: SECRETS.platform[1] };
  const mine = await held.publisher();
  const theirs = await held.publisher();
  developer = await held.person("developer", { publisherId: mine.id });
  await ctx.store.transaction(async ({ db }) => {
    for (const { personId, name } of [operator, security]) {
      await db.update(people).set({ name }).where(eq(people.id, personId));
    }
    await db.update(publishers).set({ name: "Pear Works" }).where(eq(publishers.id, mine.id));
    await db.update(publishers).set({ name: SECRETS.others[0] }).where(eq(publishers.id, theirs.id));
    await db.insert(devices).values({
      ...{ id: SECRETS.devices[0], name: SECRETS.devices[1], publicJwk: KEY_ONE, thumbprint: "t", discarded: {} },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], enrolledAt: new Date(ctx.clock.nowMs()) },
    });
  });
  await bringIn(mine, MINE, "Pear Notes");
  await bringIn(theirs, THEIRS, SECRETS.others[1]);
  const rule = (host: string) => ({ host, ports: [443], purposes: ["request"] });
  await decide({
    [`program:${MINE}/host:new`]: rule("api.pear.example"),
    [`program:${MINE}/limit:requestsPerSecond`]: { max: 80, action: "throttle" },
    [`program:${MINE}/receiver:${THEIRS}`]: { actions: ["orchid-limit"] },
  });
  await decide({
    [`program:${THEIRS}/host:new`]: rule(SECRETS.others[3]),
    [`program:${THEIRS}/limit:requestsPerSecond`]: { max: 70, action: "throttle" },
  });
  const narrow = (member: string, after: unknown) =>
    narrowAtOnce(ctx, security, { changes: [{ member, after }], reason: SECRETS.platform[2] });
  await narrow(`platform/blocked-host:${SECRETS.blocked[0]}`, true);
  await narrow(`platform/blocked-host:${BLOCKED}`, true);
  await refuse(MINE, "a", { code: "HOST_NOT_ALLOWED", layer: "host", rule: null, host: "cdn.pear.example" });
  const platform = await held.platformClaims();
  const blockedAt = `/blockedHosts/${platform.blockedHosts.indexOf(BLOCKED)}`;
  const blocked = { code: "HOST_BLOCKED_BY_PLATFORM", layer: "platform", host: `px.${BLOCKED}` };
  await refuse(MINE, "b", { ...blocked, rule: blockedAt });
  await refuse(MINE, "c", { code: "PERMISSION_DENIED", layer: "grant", rule: null, api: "clipboard.read" });
  await refuse(THEIRS, "d", { code: "HOST_NOT_ALLOWED", layer: "host", rule: null, host: SECRETS.others[3] });
  // A device that lies: it names whole documents as the rule, another's list, and ids and causes of mine for theirs.
  const lies = [
    "",
    "/blockedHosts",
    "/suspended",
    "/suspended/0",
    "/minRevisions",
    "/receives",
    `/minRevisions/${THEIRS}`,
  ];
  for (const [nth, pointer] of lies.entries()) {
    await refuse(MINE, "e", { ...blocked, rule: pointer }, denialOf("e", 100 + nth));
  }
  const onOwn = { code: "HOST_NOT_ALLOWED", layer: "host", host: "cdn.pear.example" };
  await refuse(MINE, "f", { ...onOwn, rule: "" }, denialOf("f", 200));
  await refuse(MINE, "f", { ...onOwn, rule: "/receives" }, denialOf("f", 201));
  const theirHost = { code: "HOST_NOT_ALLOWED", layer: "host", rule: null, host: SECRETS.others[3] };
  await refuse(THEIRS, "a", theirHost, denialOf("a", 2));
  await refuse(THEIRS, "b", theirHost, denialOf("b", 1));
  await narrow(`program:${THEIRS}/status`, "suspended");
  held.clock.advance(300);
  while ((await foldMinutes(ctx.store, ctx, 1_000)) !== null);
}, 600_000);
afterAll(() => held.close());

/** Each verb of the portal, with the shape of its answer, asked of a program and of a denial. */
const VERBS: Record<
  string,
  { shape: z.ZodType; ask(actor: PersonActor, of: { appId: string; denialId: string }): Promise<unknown> }
> = {
  listPortalPrograms: {
    shape: portalRoutes.listPortalPrograms.output,
    ask: (actor) => listPortalPrograms(held.ctx, actor),
  },
  getPortalProgram: {
    shape: portalRoutes.getPortalProgram.output,
    ask: (actor, { appId }) => getPortalProgram(held.ctx, actor, appId),
  },
  getPortalQuota: {
    shape: portalRoutes.getPortalQuota.output,
    ask: (actor, { appId }) => readPortalQuota(held.ctx, actor, appId),
  },
  listPortalDenials: {
    shape: portalRoutes.listPortalDenials.output,
    ask: (actor, { appId }) => listPortalDenials(held.ctx, actor, appId),
  },
  getPortalPublished: {
    shape: portalRoutes.getPortalPublished.output,
    ask: (actor, { appId }) => readPortalPublished(held.ctx, actor, appId),
  },
  getPortalDenial: {
    shape: portalRoutes.getPortalDenial.output,
    ask: (actor, { denialId }) => getPortalDenial(held.ctx, actor, denialId),
  },
};
const OF_ONE = Object.keys(VERBS).filter((name) => name !== "listPortalPrograms");
const NEVER = { appId: NOBODYS, denialId: denialOf("0") };

const told = (text: string) => ALL_SECRETS.filter((secret) => text.includes(secret));
const refusedWith = (asked: Promise<unknown> | undefined) =>
  (asked ?? Promise.resolve()).then(
    (answer) => ({ answer }),
    (error: unknown) => {
      if (!isAppError(error)) throw error;
      const { code, message, details } = error;
      return { code, message, details };
    },
  );

describe("a developer of one publisher", () => {
  it("is asked about by every route of the portal below", () => {
    expect(Object.keys(VERBS).sort()).toEqual(Object.keys(portalRoutes).sort());
  });

  it.each(OF_ONE)("hears of another's by %s what is said of what never was", async (name) => {
    const ask = VERBS[name]?.ask;
    const theirs = await refusedWith(ask?.(developer, { appId: THEIRS, denialId: denialOf("d") }));
    expect(theirs).toMatchObject({ code: "not_found" });
    expect(theirs).toEqual(await refusedWith(ask?.(developer, NEVER)));
    // A cause that a device told of theirs alone, under an id that nobody told.
    const unknown = await refusedWith(ask?.(developer, { appId: THEIRS, denialId: denialOf("d", 9) }));
    expect(unknown).toEqual(theirs);
  });

  it("sees their own programs alone", async () => {
    const list = await listPortalPrograms(held.ctx, developer);
    expect(list).toMatchObject({ publisherName: "Pear Works", total: 1, nextCursor: null });
    expect(list.items.map(({ appId }) => appId)).toEqual([MINE]);
  });

  it("reads in no answer a name, an id, a reason or a host that is not theirs, whatever devices told", async () => {
    const lying = [0, 1, 2, 3, 4, 5, 6].map((nth) => denialOf("e", 100 + nth));
    lying.push(denialOf("f", 200), denialOf("f", 201));
    const ids = [denialOf("a"), denialOf("b"), denialOf("c"), ...lying];
    for (const [name, { shape, ask }] of Object.entries(VERBS)) {
      for (const denialId of name === "getPortalDenial" ? ids : ids.slice(0, 1)) {
        const answer = JSON.parse(JSON.stringify(await ask(developer, { appId: MINE, denialId })));
        expect(shape.parse(answer), name).toEqual(answer);
        expect(told(JSON.stringify(answer)), `${name} ${denialId}`).toEqual([]);
        expect(JSON.stringify(answer)).toMatch(/Pear|pear|requestsPerSecond/);
      }
    }
  });

  it("the words that are looked for are there for whoever reads the console", async () => {
    const seen = [denialOf("a"), denialOf("d"), denialOf("e", 101)].map((id) => getDenial(held.ctx, operator, id));
    const text = JSON.stringify(await Promise.all(seen));
    for (const secret of [...SECRETS.devices, ...SECRETS.blocked, SECRETS.others[1], SECRETS.others[3]]) {
      expect(text).toContain(secret);
    }
  });
});

describe("the figures of a developer's program", () => {
  it("are the console's", async () => {
    const { items } = await listPrograms(held.ctx, operator, {});
    const [own] = (await listPortalPrograms(held.ctx, developer)).items;
    expect(items.find(({ appId }) => appId === MINE)).toMatchObject({ ...own });
    const { rows, behind } = await listLimits(held.ctx, operator, MINE, { range: "14d" });
    const quota = await readPortalQuota(held.ctx, developer, MINE);
    expect(quota.behind).toBe(behind);
    for (const [at, { p95ByDay, toldBy: _, leftOutBy: __, ...shared }] of quota.rows.entries()) {
      expect(rows[at]).toMatchObject(shared);
      // All of it was told today.
      expect(p95ByDay).toEqual([...new Array(13).fill(null), shared.observed?.p95 ?? null]);
    }
    const { causes, timesTotal } = await listDenials(held.ctx, operator, { appId: MINE, range: "7d" });
    const denials = await listPortalDenials(held.ctx, developer, MINE);
    expect(denials.timesTotal).toBe(timesTotal);
    expect(denials.causes.map(({ rule: _, deviceShare: __, ...cause }) => cause)).toEqual(
      causes.map(({ rule: _, mended: __, acknowledged: ___, ...cause }) => cause),
    );
    expect(denials.causes[0]?.deviceShare).toBe(1);
  });

  it("tell what each limit held back since which version, and which runtimes leave a measure out of what they tell", async () => {
    const { rows, devices: on } = await readPortalQuota(held.ctx, developer, MINE);
    const of = (name: string) => rows.find((row) => row.name === name);
    expect(on).toBe(1);
    expect(of("requestsPerSecond")).toMatchObject({
      ...{ effective: { max: 80, warn: 60, action: "throttle" }, source: "program" },
      heldBack: { refused: 12 * 5, throttledMs: 0, evicted: 0, sinceVersion: 1 },
      ...{ heldBackDevices: 1, heldBackDeviceShare: 1, toldBy: ["linux"], leftOutBy: [] },
    });
    expect(of("storageBytes")).toMatchObject({
      ...{ source: "platform", observed: null, heldBack: null, toldBy: [], leftOutBy: ["linux"] },
    });
    expect(of("storageBytes")?.p95ByDay).toEqual(new Array(14).fill(null));
    const other = await readPortalQuota(held.ctx, developer, MINE, { version: 2 });
    expect(other).toMatchObject({ devices: 0 });
    // Of a version that nobody told of, nothing was left out.
    for (const row of other.rows) {
      expect(row).toMatchObject({ observed: null, heldBack: null, toldBy: [], leftOutBy: [] });
    }
  });
});

describe("what is published for a developer's program", () => {
  it("is what devices enforce, with when a decision wrote it", async () => {
    const claims = await held.programClaims(MINE);
    const { epoch, revision } = claims;
    const published = await readPortalPublished(held.ctx, developer, MINE);
    expect(published).toMatchObject({ status: "active", position: { epoch, revision } });
    expect(published.versions).toMatchObject([{ code: 1, name: "1.0" }]);
    expect(published.hosts).toMatchObject([{ host: "api.pear.example", ports: [443], purposes: ["request"] }]);
    expect(published.capabilities).toMatchObject([{ name: "network.request", consent: "none", sensitivity: "public" }]);
    expect(published.limits.map(({ source }) => source).filter((source) => source === "program")).toHaveLength(1);
    const times = [
      published,
      ...published.versions,
      ...published.hosts,
      ...published.capabilities,
      ...published.limits,
    ];
    for (const { since } of times) expect(Date.parse(since ?? "")).toBeLessThanOrEqual(held.clock.nowMs());
    expect(published.since).toBe(published.hosts[0]?.since);
  });
});

describe("a denial of a developer's own", () => {
  const ofMine = (letter: string) => getPortalDenial(held.ctx, developer, denialOf(letter));

  it("has the very checks, counts and rule of the console's page", async () => {
    for (const letter of ["a", "c"]) {
      const mine = await ofMine(letter);
      const { ladder, nearest, times, devices: on, effect } = await getDenial(held.ctx, operator, denialOf(letter));
      expect(mine).toMatchObject({ appId: MINE, ladder, nearest, times, devices: on, effect });
    }
    expect((await ofMine("a")).decidedBy).toMatchObject({ pointer: "", value: null, wasEverListed: false });
  });

  it("names of the blocked hosts the one that it met, and not its place among the others", async () => {
    const { rule, decidedBy, ladder } = await ofMine("b");
    expect({ rule, value: decidedBy?.value }).toEqual({ rule: "/blockedHosts", value: BLOCKED });
    expect(ladder.find(({ check }) => check === "BLOCKED")).toMatchObject({
      state: "failed",
      saw: { at: "/blockedHosts" },
    });
  });

  it("is found where another's program has a record of the same id and cause", async () => {
    expect((await ofMine("b")).target).toBe(`px.${BLOCKED}:443`);
    const theirsUnderMyCause = await getPortalDenial(held.ctx, developer, denialOf("a", 2));
    expect(theirsUnderMyCause).toMatchObject({ denialId: denialOf("a"), target: "cdn.pear.example:443", similar: [] });
  });
});

describe("whoever reads the console", () => {
  it("sees of any program what its developers see, and has no list of their own", async () => {
    for (const appId of [MINE, THEIRS]) {
      expect(await getPortalProgram(held.ctx, operator, appId)).toMatchObject({ appId, isLookedAt: true });
    }
    const seen = await getPortalDenial(held.ctx, operator, denialOf("c"));
    expect(seen).toEqual({ ...(await getPortalDenial(held.ctx, developer, denialOf("c"))), isLookedAt: true });
    expect(await refusedWith(listPortalPrograms(held.ctx, operator))).toMatchObject({ code: "forbidden" });
  });
});
