import { acceptLink } from "@/lib/auth/accept-link";
import { narrowAtOnce } from "@/lib/services/change-sets/narrow";
import { undoChangeSet } from "@/lib/services/change-sets/undo-change-set";
import { acknowledgeCause } from "@/lib/services/denials/acknowledge";
import { createEnrolment } from "@/lib/services/devices/create-enrolment";
import { revokeDevice } from "@/lib/services/devices/revoke-device";
import { invitePerson } from "@/lib/services/people/invite-person";
import { registerProgram } from "@/lib/services/programs/register-program";
import { refuseSubmission } from "@/lib/services/submissions/end-submission";
import { causeKey } from "@/native/core/decide/cause-key";
import { nodeCrypto } from "@/native/node/crypto";
import { LATER_RELEASES, PAST_DEVICES, PAST_PROGRAMS, type PastProgram, programOf, type Release } from "./cast";
import { bringPublisher, listRelease, type PastPublisher, propose, settle, submitRelease } from "./decisions";
import { enrolPastDevice } from "./past-device";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./plan-use";
import type { Chance } from "./walking-clock";
import { addDevice, type Held, hear, report, type World } from "./world";

/** Something that happens at a moment of the past; a decision says whose documents it makes anew, and devices hear of it. */
export type Happening = { atMs: number; run(): Promise<void>; decidesOn?: readonly string[] };

const ORDERS = "example.saffron.orders";
const BLOCKS = "example.lantern.blocks";
const WORDS = "example.lantern.words";
const NEWS = "example.harbourlight.news";
const RADIO = "example.harbourlight.radio";
const PHARMACY = "example.kestrel.pharmacy";
const TICKETS = "example.northwind.tickets";

/** Devices that are let in on the first day, the second and the third. */
const DEVICES_BY_DAY = [12, 8, 4] as const;

function publisherOf({ publishers }: World, { publisher }: PastProgram): PastPublisher {
  const found = publishers.get(publisher);
  if (found === undefined) throw new Error(`${publisher} was not brought in yet`);
  return found;
}

/** The first days: publishers, programs and what they may do, a developer, then devices. */
export function beginning(world: World, options: { fromMs: number; keysDir: string; devices: number }): Happening[] {
  const { past } = world;
  const { fromMs, keysDir } = options;
  const happenings: Happening[] = [];
  let atMs = fromMs + 8 * HOUR_MS + 5 * MINUTE_MS;
  const next = (afterMinutes: number, run: () => Promise<void>) => {
    happenings.push({ atMs, run });
    atMs += afterMinutes * MINUTE_MS;
  };
  const publishers = [...new Set(PAST_PROGRAMS.map(({ publisher }) => publisher))];
  for (const name of publishers) {
    next(4, async () => void world.publishers.set(name, await bringPublisher(past, name, keysDir)));
  }
  for (const program of PAST_PROGRAMS) {
    next(6, async () => {
      const { appId, name } = program;
      const publisher = publisherOf(world, program);
      await registerProgram(past.context, past.person("Mara"), { appId, name, publisherId: publisher.id });
      const submitted = await submitRelease(past, publisher, program, program.first);
      await listRelease(past, submitted, "Reviewed: does what it says.");
    });
  }
  for (const name of publishers) {
    next(5, async () => {
      const changes = PAST_PROGRAMS.filter(({ publisher }) => publisher === name).flatMap(firstAccess);
      const id = await propose(past, past.person("Mara"), `First access of what ${name} publishes.`, changes);
      const by = { approver: past.person("Ines"), publisher: past.person("Mara") };
      await settle(past, id, { ...by, reason: "As their manifests ask, no more." });
    });
  }
  next(10, () => inviteDeveloper(world, "Juno Hale", programOf(WORDS)));
  let place = 0;
  for (const [day, count] of DEVICES_BY_DAY.entries()) {
    for (let nth = 0; nth < count && place < options.devices; nth += 1, place += 1) {
      const own = place;
      const onDay = fromMs + day * DAY_MS + 10 * HOUR_MS + (30 + nth * 9) * MINUTE_MS;
      happenings.push({ atMs: onDay, run: () => letIn(world, own) });
    }
  }
  return happenings;
}

const firstAccess = ({ appId, grants, hosts, limits = {} }: PastProgram) => [
  ...Object.entries(grants).map(([capability, after]) => ({ member: `program:${appId}/grant:${capability}`, after })),
  ...hosts.map(({ host, purposes }) => ({
    member: `program:${appId}/host:new`,
    after: { host, ports: [443], purposes },
  })),
  ...Object.entries(limits).map(([limit, after]) => ({ member: `program:${appId}/limit:${limit}`, after })),
];

async function inviteDeveloper(world: World, name: string, program: PastProgram): Promise<void> {
  const { past } = world;
  const publisherId = publisherOf(world, program).id;
  const email = `${name.toLowerCase().replace(" ", ".")}@lantern.example`;
  const { link } = await invitePerson(past.context, past.person("Ravi"), {
    ...{ email, name, role: "developer" as const, publisherId },
  });
  const token = link?.split("/").at(-1) ?? "";
  // Nobody is to know it: whoever plays this part signs in by the link that a development platform prints.
  const password = Buffer.from(nodeCrypto.sha256(new TextEncoder().encode(token))).toString("hex");
  await acceptLink(past.context, { token, password });
}

async function letIn(world: World, place: number): Promise<void> {
  const { past, walk } = world;
  const planned = PAST_DEVICES[place];
  if (planned === undefined) throw new Error(`the cast has no device ${place}`);
  const { file } = await createEnrolment(past.context, past.person("Teo"), {
    ...{ deviceName: planned.name, labels: planned.labels },
  });
  const nowSeconds = () => Math.floor(walk.clock.nowMs() / 1_000);
  const device = await enrolPastDevice(past.call, file, { nowSeconds, missingLayer: planned.missingLayer ?? null });
  await device.pull(planned.programs);
  addDevice(world, place, planned, device);
  await device.report({ programs: [], events: [] });
}

/** When devices that are up hear of a decision, after it; each hears at one of these. */
const HEARD_AFTER_MS = [700, 1_600, 4_000, 21_000] as const;
const ASLEEP = 0.25;

/** What follows a decision: devices that are up fetch it and say so; the others hear of it when they wake. */
export async function spread(world: World, decidesOn: readonly string[], chance: Chance): Promise<void> {
  world.publishes.push(decidesOn);
  const decidedMs = world.walk.clock.nowMs();
  const waves = HEARD_AFTER_MS.map((): Held[] => []);
  for (const held of world.devices.values()) {
    if (chance() < ASLEEP) continue;
    waves[Math.floor(chance() ** 2 * waves.length)]?.push(held);
  }
  for (const [nth, wave] of waves.entries()) {
    world.walk.to(decidedMs + (HEARD_AFTER_MS[nth] ?? 0));
    await Promise.all(wave.map((held) => hear(world, held)));
    await report(world, wave);
  }
}

/**
 * What people decided, in the hours of an office and on its days: a release that asks for a host, a limit that throttles, a
 * suspension undone, and others. What would lie after the past's end is left out by whoever walks.
 */
export function story(world: World, { fromMs, days }: { fromMs: number; days: number }): Happening[] {
  const { past } = world;
  const [mara, teo, ines] = [past.person("Mara"), past.person("Teo"), past.person("Ines")];
  const happenings: Happening[] = [];
  const workdays = Array.from({ length: days - 1 }, (_, nth) => fromMs + (nth + 1) * DAY_MS).filter(isWorkday);
  const dayMs = (day: number | "yesterday" | "today"): number => {
    if (typeof day !== "number") return fromMs + (day === "today" ? days : days - 1) * DAY_MS;
    const found = workdays[day];
    if (found === undefined) throw new Error("fourteen days have nine workdays after the first");
    return found;
  };
  const on = (day: Parameters<typeof dayMs>[0], [hour, minute]: [number, number], run: () => Promise<void>) =>
    happenings.push({ atMs: dayMs(day) + hour * HOUR_MS + minute * MINUTE_MS, run });
  const decide = (
    day: Parameters<typeof dayMs>[0],
    time: [number, number],
    appId: string,
    run: () => Promise<unknown>,
  ) => {
    on(day, time, async () => void (await run()));
    const last = happenings.at(-1);
    if (last !== undefined) last.decidesOn = [appId];
  };
  const release = (appId: string, made: Release, reason: string) => async () => {
    const program = programOf(appId);
    const submitted = await submitRelease(past, publisherOf(world, program), program, made);
    world.releases.get(appId)?.set(made.code, made);
    await listRelease(past, submitted, reason);
  };
  const narrow = (reason: string, member: string, after: unknown) => () =>
    narrowAtOnce(past.context, ines, { changes: [{ member, after }], reason });

  // Block Drift computes too much, until its limit holds it back.
  decide(0, [10, 0], BLOCKS, release(BLOCKS, LATER_RELEASES.blocks, "Levels only; no new wishes."));
  const cooler = narrow(
    "Tablets get warm since 2.5.0; the publisher is told.",
    `program:${BLOCKS}/limit:cpuMsPerMinute`,
    { max: 4_000, action: "throttle" },
  );
  decide(1, [9, 20], BLOCKS, cooler);

  // Radio falls; another program is suspended first, which is undone within minutes.
  decide(1, [10, 30], RADIO, release(RADIO, LATER_RELEASES.radio, "No new wishes."));
  const mistaken = { id: "" };
  decide(2, [17, 2], NEWS, async () => {
    const set = await narrow("Falls on every third start.", `program:${NEWS}/status`, "suspended")();
    mistaken.id = set.id;
  });
  decide(2, [17, 6], NEWS, () => undoChangeSet(past.context, ines, mistaken.id));
  const rightly = narrow("Falls on every third start: Radio, not News.", `program:${RADIO}/status`, "suspended");
  decide(2, [17, 8], RADIO, rightly);
  decide(3, [9, 0], RADIO, release(RADIO, LATER_RELEASES.radioMended, "Mends the fall; reviewed again."));
  decide(3, [9, 40], RADIO, async () => {
    const lifted = [{ member: `program:${RADIO}/status`, after: "active" }];
    const id = await propose(past, mara, "1.6.1 does not fall any more.", lifted);
    await settle(past, id, { approver: ines, publisher: mara, reason: "Tried on the canaries." });
  });

  // Pharmacy asks for contacts and does not say why.
  on(3, [11, 15], async () => {
    const program = programOf(PHARMACY);
    const id = await submitRelease(past, publisherOf(world, program), program, LATER_RELEASES.pharmacy);
    await refuseSubmission(past.context, teo, id, { reason: "Say what contacts are read for, or leave them out." });
  });

  // Saffron Orders starts to ask for a map, and for a host that nobody listed.
  decide(4, [9, 0], ORDERS, release(ORDERS, LATER_RELEASES.orders, "Optional map; the host is not listed yet."));
  const proposed = { id: "" };
  on(5, [10, 10], async () => {
    const after = { host: "maps.saffron.example", ports: [443], purposes: ["request"] };
    const reason = "5.1.0 shows where the order is; the map is in its manifest.";
    const changes = [{ member: `program:${ORDERS}/host:new`, after, ...originOf(world, ORDERS, after.host) }];
    proposed.id = await propose(past, mara, reason, changes);
  });
  decide(6, [9, 40], ORDERS, () =>
    settle(past, proposed.id, { approver: ines, publisher: mara, reason: "The publisher's own host, tiles only." }),
  );
  on(6, [10, 0], async () => {
    const about = { appId: ORDERS, versionCode: LATER_RELEASES.orders.code, code: "HOST_NOT_ALLOWED" as const };
    const cause = causeKey({ ...about, subject: "px.adlantern.example:443" }, nodeCrypto.sha256);
    const reason = "A tracker that no manifest names. Saffron Kitchen is told; it stays refused.";
    await acknowledgeCause(past.context, ines, { appId: ORDERS, cause, reason });
  });

  // A tablet was lost. What it told is counted before it is taken out.
  on(6, [15, 0], async () => {
    const [place, held] = [...world.devices].find(([, { planned }]) => planned.isLost === true) ?? [];
    if (place === undefined || held === undefined) return;
    world.devices.delete(place);
    await past.tend("fold");
    await revokeDevice(past.context, ines, { deviceId: held.device.deviceId, reason: "Lost on a train." });
  });

  // Left open: a proposal that waits for another.
  on(8, [16, 5], async () => {
    const after = { host: "cdn.lantern.example", ports: [443], purposes: ["request"] };
    const changes = [{ member: `program:${WORDS}/host:new`, after, ...originOf(world, WORDS, after.host) }];
    await propose(past, teo, "Players see no pictures of new gardens.", changes);
  });

  // Whoever is on duty narrows what was found to be more than is used, whatever day it is.
  const { after, reason } = LESS_FOR_TICKETS;
  decide("yesterday", [17, 30], TICKETS, narrow(reason, `program:${TICKETS}/grant:payments.request`, after));
  const asks = { consent: "ask" };
  const unasked = "Readers did not expect that an article is sent on unasked.";
  decide("today", [8, 40], NEWS, narrow(unasked, `program:${NEWS}/grant:share.send`, asks));
  return happenings;
}

const LESS_FOR_TICKETS = {
  after: { consent: "ask", constraints: { currency: "EUR", maxAmountMinor: 6_000 } },
  reason: "Yearly tickets are sold at counters alone; nothing here costs more than 60 EUR.",
};

/** The denial that a proposal answers, where one was told. */
const originOf = ({ denials }: World, appId: string, host: string): { denialId?: string } => {
  const denialId = denials.get(`${appId} ${host}`);
  return denialId === undefined ? {} : { denialId };
};

const isWorkday = (dayMs: number) => ![0, 6].includes(new Date(dayMs).getUTCDay());
