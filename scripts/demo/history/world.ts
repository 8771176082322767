import type { MinuteEntry, TelemetryEvent } from "@/native/core/telemetry/batch";
import { PAST_PROGRAMS, type PlannedDevice, type Release } from "./cast";
import type { PastPublisher } from "./decisions";
import type { Past } from "./open-past";
import type { PastDevice } from "./past-device";
import { MINUTE_MS, type PlannedSession } from "./plan-use";
import { simulateMinute } from "./simulate-use";
import { type Chance, createChance, type WalkingClock } from "./walking-clock";

/** A minute that a device told of one release, and that was taken in. */
export type ToldMinute = { appId: string; versionCode: number; deviceId: string } & MinuteEntry;

/** A program that is open on a device: its next minute, and when it ends; by a crash, where it does. */
type Session = {
  appId: string;
  nextMs: number;
  endMs: number;
  crashes: boolean;
  chance: Chance;
  /** Causes that it told as events. */
  refused: Set<string>;
};

/** What a device counted of one release and has not sent yet. */
type Counted = { appId: string; versionCode: number; minutes: MinuteEntry[] };

/** A device as the walk knows it. */
export type Held = {
  readonly planned: PlannedDevice;
  readonly device: PastDevice;
  /** Publishes that it heard of. */
  heard: number;
  session: Session | null;
  unsent: { programs: Map<string, Counted>; events: TelemetryEvent[] };
};

export type World = {
  readonly past: Past;
  readonly walk: WalkingClock;
  readonly publishers: Map<string, PastPublisher>;
  /** Releases that were handed in, by program and code. */
  readonly releases: Map<string, Map<number, Release>>;
  /** By their place in the cast; one that was lost is not here. */
  readonly devices: Map<number, Held>;
  readonly told: ToldMinute[];
  /** Of each publish, the programs whose documents it made anew. */
  readonly publishes: (readonly string[])[];
  /** How often each release was opened, by program and code. */
  readonly starts: Map<string, number>;
  /** The newest denial that was told of each host, by program and host. */
  readonly denials: Map<string, string>;
};

/** A platform document is fetched anew where less than this is left of it. */
const FRESH_SECONDS = 7 * 3_600;
/** A release that crashes does so in this minute after it was opened. */
const CRASHES_IN_MINUTE = 3;

export function createWorld(past: Past, walk: WalkingClock): World {
  return {
    ...{ past, walk, publishers: new Map(), devices: new Map(), told: [], publishes: [], starts: new Map() },
    denials: new Map(),
    releases: new Map(PAST_PROGRAMS.map(({ appId, first }) => [appId, new Map([[first.code, first]])])),
  };
}

/** Lets a device in, which has fetched everything just now. */
export function addDevice(world: World, place: number, planned: PlannedDevice, device: PastDevice): void {
  const unsent = { programs: new Map(), events: [] };
  world.devices.set(place, { planned, device, heard: world.publishes.length, session: null, unsent });
}

/** As a device that hears of what was published since, or whose document runs out: it fetches that, and nothing that it has. */
export async function hear(world: World, held: Held): Promise<void> {
  const { device, planned } = held;
  if (held.heard === world.publishes.length && device.staysSeconds() > FRESH_SECONDS) return;
  // What it has open was decided until now by what it had.
  advance(world, held);
  const changed = new Set(world.publishes.slice(held.heard).flat());
  held.heard = world.publishes.length;
  await device.pull(planned.programs, (appId) => changed.has(appId));
}

/** Opens a program where this device may: by the newest documents, as every runtime does. */
export async function openProgram(world: World, { device, appId, nth, minutes }: PlannedSession): Promise<void> {
  const held = world.devices.get(device);
  if (held === undefined) return;
  await hear(world, held);
  advance(world, held);
  const running = runningOf(world, held, appId);
  if (running === null) return;
  const startMs = Math.ceil(world.walk.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
  const key = `${appId}/${running.release.code}`;
  const starts = (world.starts.get(key) ?? 0) + 1;
  world.starts.set(key, starts);
  const every = running.release.crashesOnStart;
  const crashes = every !== undefined && starts % every === 1;
  const lasts = crashes ? Math.min(minutes, CRASHES_IN_MINUTE) : minutes;
  const endMs = startMs + lasts * MINUTE_MS;
  held.session = { appId, nextMs: startMs, endMs, crashes, chance: createChance(nth), refused: new Set() };
}

/** Counts the minutes that began before now of what is open, by the documents that the device has. */
function advance(world: World, held: Held): void {
  const { session, unsent } = held;
  if (session === null) return;
  const { appId } = session;
  const nowMs = world.walk.clock.nowMs();
  const running = runningOf(world, held, appId);
  if (running === null) {
    held.session = null;
    return;
  }
  const { policy, applied, release } = running;
  const key = `${appId}/${release.code}`;
  const counted = unsent.programs.get(key) ?? { appId, versionCode: release.code, minutes: [] };
  for (; session.nextMs < Math.min(nowMs, session.endMs); session.nextMs += MINUTE_MS) {
    const at = session.nextMs / 1_000;
    const crashes = session.crashes && session.nextMs + MINUTE_MS >= session.endMs;
    const used = simulateMinute({ policy, release, at, applied, crashes }, session);
    counted.minutes.push(used.minute);
    unsent.events.push(...used.events);
  }
  if (counted.minutes.length > 0) unsent.programs.set(key, counted);
  if (session.nextMs >= session.endMs) held.session = null;
}

/** What would run of a program on this device: the newest listed release; null where it may not. */
function runningOf({ releases }: World, { device }: Held, appId: string) {
  const found = device.policyOf(appId);
  if (found === null) return null;
  const code = Math.max(...found.policy.versions.keys());
  const release = releases.get(appId)?.get(code);
  return release === undefined ? null : { ...found, release };
}

/** What these devices counted until now, sent as by devices that are up at the same time: it is taken in together. */
export async function report(world: World, devices: readonly Held[]): Promise<void> {
  await Promise.all(devices.map(({ device }) => device.wake()));
  await Promise.all(
    devices.map(async (held) => {
      advance(world, held);
      const { programs, events } = held.unsent;
      held.unsent = { programs: new Map(), events: [] };
      await held.device.report({ programs: [...programs.values()], events });
      for (const { appId, versionCode, minutes } of programs.values()) {
        world.told.push(
          ...minutes.map((minute) => ({ appId, versionCode, deviceId: held.device.deviceId, ...minute })),
        );
      }
      for (const { appId, host, denialId } of events) {
        if (host !== undefined && denialId !== undefined) world.denials.set(`${appId} ${host}`, denialId);
      }
    }),
  );
}

export const hasUnsent = ({ session, unsent }: Held): boolean =>
  session !== null || unsent.programs.size > 0 || unsent.events.length > 0;
