import { markSeeded } from "@/lib/services/platform/mark-seeded";
import { PAST_DEVICES } from "./cast";
import { openPast, type Past } from "./open-past";
import { DAY_MS, HOUR_MS, planUse } from "./plan-use";
import { beginning, type Happening, spread, story } from "./story";
import { createChance, createWalkingClock } from "./walking-clock";
import { createWorld, hasUnsent, openProgram, report, type ToldMinute, type World } from "./world";

export type HistoryOptions = {
  dataDir: string;
  /** Where the publishers of the past keep their keys. */
  keysDir: string;
  platformId: string;
  platformName: string;
  /** When the past ends: the true time, mostly. */
  untilMs: number;
  /** So many of the cast's devices; all of them where nothing is said. */
  devices?: number;
  say?(text: string): void;
};

/** How many decisions devices heard of, and all that they told. */
export type MadeHistory = { decisions: number; told: readonly ToldMinute[] };

/** Whole days (UTC) of the past, before the one in which it ends. */
const DAYS = 14;

/**
 * Makes a development platform's last two weeks, through the services that people and devices use and under a clock that walks
 * from a midnight to now: publishers, releases, decisions of two people, devices with keys of their own that decide each call by
 * the documents which they fetched, and what the server does by itself. The store must be new. Nothing is written around a service.
 */
export async function makeHistory(options: HistoryOptions): Promise<MadeHistory> {
  const { untilMs, keysDir, devices = PAST_DEVICES.length, say = () => undefined } = options;
  const fromMs = Math.floor(untilMs / DAY_MS) * DAY_MS - DAYS * DAY_MS;
  const walk = createWalkingClock(fromMs);
  const past = await openPast(options, walk);
  try {
    const world = createWorld(past, walk);
    const chance = createChance(20_261_130);
    const happenings: Happening[] = [
      ...beginning(world, { fromMs, keysDir, devices }),
      ...story(world, { fromMs, days: DAYS }),
      ...planUse({ fromMs, untilMs, devices }).map((session) => ({
        ...{ atMs: session.startMs, run: () => openProgram(world, session) },
      })),
      ...sending(world, { fromMs, untilMs }),
      ...upkeep(past, { fromMs, untilMs }),
    ].filter(({ atMs }) => atMs < untilMs);
    happenings.sort((a, b) => a.atMs - b.atMs);
    let told = 0;
    for (const { atMs, run, decidesOn } of happenings) {
      const day = Math.floor((atMs - fromMs) / DAY_MS);
      for (; told < Math.min(day, DAYS); told += 1) say(`The past: day ${told + 1} of ${DAYS}`);
      walk.to(Math.max(atMs, walk.clock.nowMs()));
      await run();
      if (decidesOn === undefined) continue;
      await spread(world, decidesOn, chance);
      await past.tend("judge_causes");
    }
    walk.to(Math.max(untilMs, walk.clock.nowMs()));
    await report(world, [...world.devices.values()].filter(hasUnsent));
    await markSeeded(past.context, untilMs);
    for (const job of AT_THE_END) await past.tend(job);
    return { decisions: world.publishes.length, told: world.told };
  } finally {
    await past.close();
  }
}

/** Every other hour, whatever devices counted since: those that are up together send together. */
function sending(world: World, { fromMs, untilMs }: { fromMs: number; untilMs: number }): Happening[] {
  return hours(fromMs, untilMs, 2, async () => {
    await report(world, [...world.devices.values()].filter(hasUnsent));
  });
}

/** What the server does by itself, as often as figures and documents need it, and not as often as somebody who looks would. */
function upkeep(past: Past, { fromMs, untilMs }: { fromMs: number; untilMs: number }): Happening[] {
  const tend = (jobs: readonly string[]) => async () => {
    for (const job of jobs) await past.tend(job);
  };
  return [
    ...hours(fromMs + 2 * HOUR_MS, untilMs, 24, tend(["clock", "fold", "judge_causes", "audit_heads"])),
    ...hours(fromMs + 5 * HOUR_MS, untilMs, 8, tend(["resign"])),
  ];
}

const AT_THE_END = [
  ...[
    "clock",
    "fold",
    "judge_causes",
    "past_days",
    "bundle_files",
    "forget",
    "resign",
    "audit_heads",
    "journal",
    "figures",
  ],
] as const;

function hours(fromMs: number, untilMs: number, every: number, run: () => Promise<void>): Happening[] {
  const times = Math.max(0, Math.ceil((untilMs - fromMs) / (every * HOUR_MS)));
  return Array.from({ length: times }, (_, nth) => ({ atMs: fromMs + nth * every * HOUR_MS, run }));
}
