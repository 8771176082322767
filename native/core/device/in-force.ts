import { canonicalJson } from "../audit/canonical-json";
import type { PlatformClaims, ProgramClaims } from "../shapes/claims";
import { lowerAscii } from "../text/ascii";
import { storedTime } from "./clock";
import { isStored } from "./disk";
import type { Applied, Narrowed, Staleness, Stopped } from "./effects";
import { isStopped, keysetOf, loseKeyset, newestPlatform, newestProgram } from "./keeper";
import { union } from "./sorted";
import { cancelTimer, emit, setTimer, type Turn } from "./turn";

const DAY_MS = 86_400_000;

export const platformInForce = ({ claims, live }: Turn): PlatformClaims | undefined =>
  claims.platform(live.inForce.platform?.jws);
export function programInForce({ claims, live }: Turn, appId: string): ProgramClaims | undefined {
  return claims.program(live.inForce.programs[appId]?.jws);
}
export const timeInForce = ({ state, live }: Turn): number => storedTime({ trust: state.trust, live });

/** Something newer than what is in force was verified. */
export function hasUnapplied({ state, live }: Turn): boolean {
  const { platform, programs } = state.trust;
  const isNewer = (good: { sha256: string } | null | undefined, inForce: { sha256: string } | null | undefined) =>
    good != null && good.sha256 !== inForce?.sha256;
  return (
    isNewer(platform?.good, live.inForce.platform) ||
    Object.entries(programs).some(([appId, { good }]) => isNewer(good, live.inForce.programs[appId]))
  );
}

/** Makes what was verified count, as one; never before it is stored (spec 4.28). */
export function applyNewest(turn: Turn): boolean {
  if (!isStored(turn, "trust")) return false;
  const { trust } = turn.state;
  const { inForce } = turn.live;
  inForce.platform = trust.platform?.good ?? inForce.platform;
  for (const [appId, { good }] of Object.entries(trust.programs)) if (good) inForce.programs[appId] = good;
  inForce.held = structuredClone(trust.held);
  turn.live.before = null;
  return true;
}

/** Takes up what a disk has kept: it was stored, so it is in force at once. What cannot be read is not there (spec 9.2). */
export function takeUp(turn: Turn): void {
  const { trust } = turn.state;
  const { inForce } = turn.live;
  if (trust.keyset !== null && keysetOf(turn) === undefined) loseKeyset(turn);
  if (trust.platform && newestPlatform(turn) === undefined) trust.platform.good = null;
  inForce.platform = trust.platform?.good ?? null;
  for (const [appId, document] of Object.entries(trust.programs)) {
    if (newestProgram(turn, appId) === undefined) document.good = null;
    if (document.good) inForce.programs[appId] = document.good;
  }
  inForce.held = structuredClone(trust.held);
}

/** All that is narrowed now: by what is in force, by what is newer and was verified, and by what is held (spec 9.6). */
export function narrowedNow(turn: Turn): Narrowed {
  const { state, live } = turn;
  const documents = [platformInForce(turn), newestPlatform(turn)];
  const held = [state.trust.held, live.inForce.held];
  const suspended = union(
    ...documents.map((claims) => claims?.suspended ?? []),
    ...held.flatMap(({ byPlatform, byProgram }) => [byPlatform, byProgram]),
  );
  const blockedHosts = union(...documents.map((claims) => claims?.blockedHosts.map(lowerAscii) ?? []));
  const stopped = live.wanted.flatMap((appId): Stopped[] => {
    if (suspended.includes(appId) || isStopped(turn, appId)) return [{ appId, code: "PROGRAM_SUSPENDED" }];
    return stalenessOf(turn, [appId]) === "over" ? [{ appId, code: "POLICY_EXPIRED" }] : [];
  });
  return { suspended, blockedHosts, stopped };
}

export function appliedNow(turn: Turn): Applied {
  const { live } = turn;
  const keyset = keysetOf(turn);
  const programs = union(Object.keys(live.inForce.programs)).map(
    (appId) => [appId, live.inForce.programs[appId]?.revision ?? 0] as const,
  );
  return {
    epoch: keyset?.epoch ?? 0,
    keyset: keyset?.revision ?? 0,
    platform: live.inForce.platform?.revision ?? 0,
    programs: Object.fromEntries(programs),
  };
}

/** The worst of these programs, whose documents live as long as the sooner of the two; without one it is over. */
function stalenessOf(turn: Turn, appIds: readonly string[]): Staleness {
  const platform = platformInForce(turn);
  if (platform === undefined) return "over";
  const programs = appIds.map((appId) => programInForce(turn, appId));
  if (programs.includes(undefined)) return "over";
  const end = Math.min(platform.exp, ...programs.map((claims) => claims?.exp ?? 0));
  const now = timeInForce(turn);
  if (now < end) return "fresh";
  return now < end + platform.graceSeconds ? "grace" : "over";
}

/** Says what acts now where it differs from what was said, and waits for the next second at which time alone changes it. */
export function sayInForce(turn: Turn): { isApplied: boolean } {
  const { live } = turn;
  const now = timeInForce(turn);
  const narrowed = narrowedNow(turn);
  const narrowText = canonicalJson(narrowed);
  if (narrowText !== live.told.narrow) {
    live.told.narrow = narrowText;
    emit(turn, { e: "narrow", ...narrowed });
  }
  const known = live.wanted.filter((appId) => live.inForce.programs[appId] !== undefined);
  const applied = { ...appliedNow(turn), stale: stalenessOf(turn, known) };
  const applyText = canonicalJson(applied);
  const isApplied =
    canonicalJson({ ...applied, stale: "" }) !== canonicalJson({ ...readTold(live.told.apply), stale: "" });
  const isUntilOver = live.told.until !== null && now >= live.told.until;
  if (applyText !== live.told.apply || isUntilOver) {
    live.told.apply = applyText;
    emit(turn, { e: "apply", ...applied });
  }
  waitUntil(turn, "grace", nextEnd(turn, now));
  waitUntil(turn, "until", nextUntil(turn, now));
  return { isApplied };
}

const readTold = (text: string): object => JSON.parse(text) as object;

function waitUntil(turn: Turn, timer: "grace" | "until", second: number | null): void {
  const { live } = turn;
  if (live.told[timer] === second && (second === null || live.timers.includes(timer))) return;
  live.told[timer] = second;
  if (second === null) cancelTimer(turn, timer);
  else setTimer(turn, timer, Math.min(DAY_MS, Math.max(0, second - timeInForce(turn)) * 1000));
}

/** The next second at which a document in force is over, or its grace. */
function nextEnd(turn: Turn, now: number): number | null {
  const platform = platformInForce(turn);
  if (platform === undefined) return null;
  const programs = turn.live.wanted.flatMap((appId) => programInForce(turn, appId) ?? []);
  const ends = [platform, ...programs].flatMap(({ exp }) => [exp, exp + platform.graceSeconds]);
  return soonestAfter(now, ends);
}

/** The next second at which a grant, a host rule or pins in force are over. */
function nextUntil(turn: Turn, now: number): number | null {
  const programs = turn.live.wanted.flatMap((appId) => programInForce(turn, appId) ?? []);
  const untils = programs.flatMap(({ grants, hosts }) => [
    ...Object.values(grants).flatMap((grant) => ("until" in grant && grant.until !== undefined ? [grant.until] : [])),
    ...hosts.flatMap((rule) =>
      "inert" in rule ? [] : [rule.until, rule.pins?.until].filter((until) => until !== undefined),
    ),
  ]);
  return soonestAfter(now, untils);
}

function soonestAfter(now: number, seconds: readonly number[]): number | null {
  const ahead = seconds.filter((second) => second > now);
  return ahead.length === 0 ? null : Math.min(...ahead);
}
