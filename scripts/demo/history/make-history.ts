import { acceptLink } from "@/lib/auth/accept-link";
import { narrowAtOnce } from "@/lib/services/change-sets/narrow";
import { undoChangeSet } from "@/lib/services/change-sets/undo-change-set";
import { acknowledgeCause } from "@/lib/services/denials/acknowledge";
import { createEnrolment } from "@/lib/services/devices/create-enrolment";
import { revokeDevice } from "@/lib/services/devices/revoke-device";
import { invitePerson } from "@/lib/services/people/invite-person";
import { markSeeded } from "@/lib/services/platform/mark-seeded";
import { registerProgram } from "@/lib/services/programs/register-program";
import { refuseSubmission } from "@/lib/services/submissions/end-submission";
import { causeKey } from "@/native/core/decide/cause-key";
import type { MinuteEntry, TelemetryEvent } from "@/native/core/telemetry/batch";
import { nodeCrypto } from "@/native/node/crypto";
import { LATER_RELEASES, PAST_DEVICES, PAST_PROGRAMS, type PastProgram, type Release } from "./cast";
import { bringPublisher, listRelease, type PastPublisher, propose, settle, submitRelease } from "./decisions";
import { openPast, type Past } from "./open-past";
import { enrolPastDevice, type PastDevice } from "./past-device";
import { simulateMinute } from "./simulate-use";
import { type Chance, createChance, createWalkingClock, type WalkingClock } from "./walking-clock";

export type HistoryOptions = {
  dataDir: string;
  /** Where the publishers of the past keep their keys. */
  keysDir: string;
  platformId: string;
  platformName: string;
  /** When the past ends: the true time, mostly. */
  untilMs: number;
  days?: number;
  say?(text: string): void;
};

/** What devices told and was taken in, by program. */
export type Told = { minutes: number; requests: number; blocked: number; crashes: number };
export type MadeHistory = { deviceMinutes: number; decisions: number; told: Record<string, Told> };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 14;
/** Sessions that one device has on a day, about. */
const SESSIONS_A_DAY = 4;

const ASKS_EVERY_MS = 4 * HOUR_MS;

/** Something that happens at a moment of the past. */
type Happening = { atMs: number; run(): Promise<void> };

/** The device as the walk knows it, and of which publish it heard last, and when. */
type Held = { device: PastDevice; programs: readonly string[]; heard: { publishes: number; atMs: number } };

/**
 * Makes a development platform's last two weeks, through the services that people and devices use and under a clock that walks
 * from then to now: publishers, releases, decisions of two people, devices with keys of their own that decide each call by the
 * documents which they fetched, and what the server does by itself. The store must be new. Nothing is written around a service.
 */
export async function makeHistory(options: HistoryOptions): Promise<MadeHistory> {
  const { untilMs, days = DAYS, say = () => undefined } = options;
  const fromMs = Math.floor((untilMs - days * DAY_MS) / MINUTE_MS) * MINUTE_MS;
  const walk = createWalkingClock(fromMs);
  const past = await openPast(options, walk);
  try {
    const world = await createWorld(past, walk, options.keysDir);
    const { happenings } = world;
    addStory(world, fromMs);
    addUse(world, { fromMs, untilMs, days });
    addUpkeep(world, { fromMs, untilMs });
    happenings.sort((a, b) => a.atMs - b.atMs);
    let day = -1;
    for (const { atMs, run } of happenings) {
      if (atMs >= untilMs) break;
      walk.to(Math.max(atMs, walk.clock.nowMs()));
      await run();
      const today = Math.floor((atMs - fromMs) / DAY_MS);
      if (today !== day) say(`The past: day ${today + 1} of ${days}`);
      day = today;
    }
    walk.to(untilMs);
    await markSeeded(past.context, untilMs);
    for (const job of ["fold", "judge_causes", "resign", "audit_heads", "clock"]) await past.tend(job);
    const deviceMinutes = [...world.told.values()].reduce((sum, { minutes }) => sum + minutes, 0);
    return { deviceMinutes, decisions: world.publishes, told: Object.fromEntries(world.told) };
  } finally {
    await past.close();
  }
}

type World = {
  past: Past;
  walk: WalkingClock;
  chance: Chance;
  keysDir: string;
  happenings: Happening[];
  publishers: Map<string, PastPublisher>;
  /** Releases that are listed, by program and code. */
  releases: Map<string, Map<number, Release>>;
  devices: Held[];
  told: Map<string, Told>;
  publishes: number;
};

async function createWorld(past: Past, walk: WalkingClock, keysDir: string): Promise<World> {
  return {
    ...{ past, walk, keysDir, chance: createChance(20_261_130), happenings: [], publishers: new Map() },
    releases: new Map(PAST_PROGRAMS.map(({ appId, first }) => [appId, new Map([[first.code, first]])])),
    ...{ devices: [], told: new Map(), publishes: 0 },
  };
}

function programOf(appId: string): PastProgram {
  const found = PAST_PROGRAMS.find((program) => program.appId === appId);
  if (found === undefined) throw new Error(`there is no program ${appId}`);
  return found;
}

function publisherOf({ publishers }: World, { publisher }: PastProgram): PastPublisher {
  const found = publishers.get(publisher);
  if (found === undefined) throw new Error(`${publisher} was not brought in yet`);
  return found;
}

/** The first hours: publishers, programs and what they may do, then devices. */
function addBeginning(world: World, fromMs: number): void {
  const { past, happenings, keysDir } = world;
  let atMs = fromMs + 5 * MINUTE_MS;
  const next = (run: () => Promise<void>, afterMinutes = 4) => {
    happenings.push({ atMs, run });
    atMs += afterMinutes * MINUTE_MS;
  };
  for (const name of new Set(PAST_PROGRAMS.map(({ publisher }) => publisher))) {
    next(async () => void world.publishers.set(name, await bringPublisher(past, name, keysDir)));
  }
  for (const program of PAST_PROGRAMS) {
    next(async () => {
      const { appId, name } = program;
      const publisher = publisherOf(world, program);
      await registerProgram(past.context, past.person("Mara"), { appId, name, publisherId: publisher.id });
      await listRelease(
        past,
        await submitRelease(past, publisher, program, program.first),
        "Reviewed: does what it says.",
      );
      const changes = [
        ...Object.entries(program.grants).map(([capability, after]) => ({
          member: `program:${appId}/grant:${capability}`,
          after,
        })),
        ...program.hosts.map(({ host, purposes }) => ({
          member: `program:${appId}/host:new`,
          after: { host, ports: [443], purposes },
        })),
        ...Object.entries(program.limits ?? {}).map(([limit, after]) => ({
          member: `program:${appId}/limit:${limit}`,
          after,
        })),
      ];
      const id = await propose(past, past.person("Mara"), `First access of ${name}.`, changes);
      await settle(past, id, {
        approver: past.person("Ines"),
        publisher: past.person("Mara"),
        reason: "As its manifest asks, no more.",
      });
    }, 9);
  }
  next(async () => {
    const publisherId = publisherOf(world, programOf("example.lantern.words")).id;
    const invited = await invitePerson(past.context, past.person("Ravi"), {
      ...{ email: "juno.hale@lantern.example", name: "Juno Hale", role: "developer" as const, publisherId },
    });
    const token = invited.link?.split("/").at(-1) ?? "";
    await acceptLink(past.context, {
      token,
      password: `${nodeCrypto.sha256(new TextEncoder().encode(token)).join("-")}`.slice(0, 64),
    });
  });
  for (const [n, planned] of PAST_DEVICES.entries()) {
    next(
      async () => {
        const { file } = await createEnrolment(past.context, past.person("Teo"), {
          deviceName: planned.name,
          labels: planned.labels,
        });
        const nowSeconds = () => Math.floor(world.walk.clock.nowMs() / 1_000);
        const device = await enrolPastDevice(past.call, file, { nowSeconds, missingLayer: n === 17 ? "userns" : null });
        await device.pull(planned.programs);
        await device.report({ programs: [], events: [] });
        world.devices.push({ device, programs: planned.programs, heard: hearing(world) });
      },
      n < 6 ? 6 : 95,
    );
  }
}

const hearing = ({ publishes, walk }: World) => ({ publishes, atMs: walk.clock.nowMs() });

/** As a device that was told of each publish and asks by itself at times: what it has is fetched once. */
async function pull(world: World, held: Held): Promise<void> {
  const now = hearing(world);
  if (now.publishes === held.heard.publishes && now.atMs - held.heard.atMs < ASKS_EVERY_MS) return;
  await held.device.pull(held.programs);
  held.heard = now;
}

/** A decision, and most devices hearing of it within moments. */
function decided(world: World, atMs: number, run: () => Promise<void>): void {
  world.happenings.push({
    atMs,
    async run() {
      await run();
      world.publishes += 1;
      for (const held of world.devices) {
        if (world.chance() < 0.3) continue;
        const afterMs = 800 + Math.floor(world.chance() ** 3 * 40_000);
        world.walk.to(Math.max(world.walk.clock.nowMs(), atMs + afterMs));
        await pull(world, held);
        await held.device.report({ programs: [], events: [] });
      }
    },
  });
}

/** What people decided, by the day: a release that asks for a host, a limit that throttles, a suspension undone, and others. */
function addStory(world: World, fromMs: number): void {
  const { past, happenings } = world;
  const at = (day: number, hour: number, minute = 0) => fromMs + day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
  const [mara, teo, ines] = [past.person("Mara"), past.person("Teo"), past.person("Ines")];
  addBeginning(world, fromMs);

  const release = (appId: string, release: Release, reason: string) => async () => {
    const program = programOf(appId);
    await listRelease(past, await submitRelease(past, publisherOf(world, program), program, release), reason);
    world.releases.get(appId)?.set(release.code, release);
  };

  // Block Drift computes too much, until its limit holds it back.
  decided(world, at(3, 10), release("example.lantern.blocks", LATER_RELEASES.blocks, "Levels only; no new wishes."));
  decided(world, at(5, 9, 20), async () => {
    await narrowAtOnce(past.context, ines, {
      changes: [
        { member: "program:example.lantern.blocks/limit:cpuMsPerMinute", after: { max: 4_000, action: "throttle" } },
      ],
      reason: "Phones get warm since 2.5.0; the publisher is told.",
    });
  });

  // Radio crashes; suspended the wrong program first, which is undone within minutes.
  decided(world, at(6, 8), release("example.harbourlight.radio", LATER_RELEASES.radio, "No new wishes."));
  const mistaken: { id: string } = { id: "" };
  decided(world, at(6, 19, 2), async () => {
    const set = await narrowAtOnce(past.context, ines, {
      changes: [{ member: "program:example.harbourlight.news/status", after: "suspended" }],
      reason: "Crashes on every third start.",
    });
    mistaken.id = set.id;
  });
  decided(world, at(6, 19, 6), async () => void (await undoChangeSet(past.context, ines, mistaken.id)));
  decided(world, at(6, 19, 8), async () => {
    await narrowAtOnce(past.context, ines, {
      changes: [{ member: "program:example.harbourlight.radio/status", after: "suspended" }],
      reason: "Crashes on every third start: Radio, not News.",
    });
  });
  decided(
    world,
    at(7, 9),
    release("example.harbourlight.radio", LATER_RELEASES.radioMended, "Mends the crash; reviewed again."),
  );
  decided(world, at(7, 9, 30), async () => {
    const id = await propose(past, mara, "1.6.1 mends the crash.", [
      { member: "program:example.harbourlight.radio/status", after: "active" },
    ]);
    await settle(past, id, { approver: ines, publisher: mara, reason: "Tried on the canaries." });
  });

  // Pharmacy asks for contacts and does not say why.
  happenings.push({
    atMs: at(8, 11),
    async run() {
      const program = programOf("example.kestrel.pharmacy");
      const id = await submitRelease(past, publisherOf(world, program), program, LATER_RELEASES.pharmacy);
      await refuseSubmission(past.context, teo, id, { reason: "Say what contacts are read for, or leave them out." });
    },
  });

  // Saffron Orders starts to ask for a map, and for a host that nobody listed.
  decided(
    world,
    at(9, 9),
    release("example.saffron.orders", LATER_RELEASES.orders, "Optional map; the host is not listed yet."),
  );
  const cause = (subject: string) =>
    causeKey(
      { appId: "example.saffron.orders", versionCode: 21, code: "HOST_NOT_ALLOWED", subject },
      nodeCrypto.sha256,
    );
  const proposed: { id: string } = { id: "" };
  happenings.push({
    atMs: at(10, 10),
    async run() {
      proposed.id = await propose(past, mara, "5.1.0 shows where the order is; the map is in its manifest.", [
        {
          member: "program:example.saffron.orders/host:new",
          after: { host: "maps.saffron.example", ports: [443], purposes: ["request"] },
        },
      ]);
    },
  });
  decided(world, at(11, 9, 40), () =>
    settle(past, proposed.id, { approver: ines, publisher: mara, reason: "The publisher's own host, tiles only." }),
  );
  happenings.push({
    atMs: at(11, 10),
    run: () =>
      acknowledgeCause(past.context, ines, {
        ...{ appId: "example.saffron.orders", cause: cause("px.adlantern.example:443") },
        reason: "A tracker that no manifest names. Saffron Kitchen is told; it stays refused.",
      }),
  });

  // A phone was lost.
  happenings.push({
    atMs: at(12, 15),
    async run() {
      const lost = world.devices.splice(10, 1)[0];
      if (lost !== undefined)
        await revokeDevice(past.context, ines, { deviceId: lost.device.deviceId, reason: "Lost on a train." });
    },
  });
  // Left open: a proposal that waits for another.
  happenings.push({
    atMs: at(13, 16),
    run: async () =>
      void (await propose(past, teo, "Players see no pictures of new gardens.", [
        {
          member: "program:example.lantern.words/host:new",
          after: { host: "cdn.lantern.example", ports: [443], purposes: ["request"] },
        },
      ])),
  });
}

/** Sessions of use: each is one batch, sent as it ends. */
function addUse(world: World, { fromMs, untilMs, days }: { fromMs: number; untilMs: number; days: number }): void {
  const { chance, happenings } = world;
  for (let day = 0; day < days; day += 1) {
    const dayMs = fromMs + day * DAY_MS;
    for (let n = 0; n < PAST_DEVICES.length; n += 1) {
      const sessions = Math.round(SESSIONS_A_DAY * (0.5 + chance()));
      for (let nth = 0; nth < sessions; nth += 1) {
        const drawn = { program: chance(), hour: chance(), minutes: chance() };
        const opened = openedProgram(PAST_DEVICES[n]?.programs ?? [], drawn.program);
        if (opened === null) continue;
        const [from, to] = opened.hours;
        // The hours are those of the day in UTC, not of the walk.
        const midnightMs = Math.floor(dayMs / DAY_MS) * DAY_MS;
        let startMs = midnightMs + Math.floor(((from + drawn.hour * (to - from)) * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
        if (startMs < dayMs) startMs += DAY_MS;
        const minutes = Math.max(1, Math.round(opened.minutes * (0.5 + drawn.minutes)));
        const endMs = startMs + minutes * MINUTE_MS;
        if (endMs > untilMs - MINUTE_MS) continue;
        happenings.push({ atMs: endMs + 2_000, run: () => useProgram(world, n, opened, { startMs, minutes }) });
      }
    }
  }
}

function openedProgram(appIds: readonly string[], drawn: number): PastProgram | null {
  const programs = appIds.map(programOf);
  let left = drawn * programs.reduce((sum, { weight }) => sum + weight, 0);
  for (const program of programs) {
    left -= program.weight;
    if (left <= 0) return program;
  }
  return null;
}

async function useProgram(
  world: World,
  n: number,
  { appId }: PastProgram,
  { startMs, minutes }: { startMs: number; minutes: number },
) {
  const held = world.devices[n];
  if (held === undefined) return;
  if (!held.programs.includes(appId)) return;
  await pull(world, held);
  const found = held.device.policyOf(appId);
  if (found === null) return;
  const { policy, program, applied } = found;
  const code = program.versions.at(-1)?.code ?? 0;
  const release = world.releases.get(appId)?.get(code);
  if (release === undefined) return;
  const entries: MinuteEntry[] = [];
  const events: TelemetryEvent[] = [];
  const known = new Set<string>();
  for (let minute = 0; minute < minutes; minute += 1) {
    const at = Math.floor((startMs + minute * MINUTE_MS) / 1_000);
    const used = simulateMinute({ policy, release, at, applied }, { chance: world.chance, told: known });
    entries.push(used.minute);
    events.push(...used.events);
  }
  await held.device.report({ programs: [{ appId, versionCode: code, minutes: entries }], events });
  const told = world.told.get(appId) ?? { minutes: 0, requests: 0, blocked: 0, crashes: 0 };
  world.told.set(appId, told);
  told.minutes += entries.length;
  for (const { requests, blocked, crashes } of entries) {
    told.requests += requests;
    told.blocked += blocked;
    told.crashes += crashes;
  }
}

/** What the server does by itself, as often as figures and documents need it. */
function addUpkeep(world: World, { fromMs, untilMs }: { fromMs: number; untilMs: number }): void {
  const { past, happenings } = world;
  const every = (hours: number, jobs: readonly string[]) => {
    for (let atMs = fromMs + hours * HOUR_MS; atMs < untilMs; atMs += hours * HOUR_MS) {
      happenings.push({
        atMs,
        async run() {
          for (const job of jobs) await past.tend(job);
        },
      });
    }
  };
  every(1, ["clock"]);
  every(2, ["fold", "judge_causes", "audit_heads"]);
  every(4, ["resign"]);
  every(24, ["past_days", "bundle_files", "forget", "journal"]);
}
