import type { DocumentCode, DocumentType } from "../codes";
import { toHex, utf8Bytes, utf8Text } from "../crypto/encoding";
import { verifyDocument } from "../documents/verify-document";
import { verifyKeyset } from "../documents/verify-keyset";
import { isJsonObject, parseJson } from "../json/parse-json";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { clockTime, noteVerified, receivedTime, restartTime } from "./clock";
import { touch } from "./disk";
import { recordEvent } from "./queue";
import { union } from "./sorted";
import type { DocumentState } from "./state";
import { log, type Turn } from "./turn";

/** `accepted`: newer. `unchanged`: held already. `expired`: newer, but over: its floor and suspensions act. `refused`: no. */
export type Receipt = "accepted" | "unchanged" | "expired" | "refused";

const REFUSALS_MAX = 128;

const times = ({ state, live }: Turn) => ({ trust: state.trust, live });

export const keysetOf = ({ claims, state }: Turn): KeysetClaims | undefined => claims.keyset(state.trust.keyset?.jws);
/** The newest good document, in force or not. */
export const newestPlatform = ({ claims, state }: Turn): PlatformClaims | undefined =>
  claims.platform(state.trust.platform?.good?.jws);
export function newestProgram({ claims, state }: Turn, appId: string): ProgramClaims | undefined {
  return claims.program(state.trust.programs[appId]?.good?.jws);
}

/** Judges the next keyset (spec 4.14 to 4.17). An expired one is walked from. */
export function receiveKeyset(turn: Turn, bytes: Uint8Array): Receipt {
  const { live, ports } = turn;
  const { rootThumbprints, threshold, platform } = live.enrolment;
  const verdict = verifyKeyset({
    jws: bytes,
    trusted: keysetOf(turn) ?? { rootThumbprints, threshold },
    platform,
    now: receivedTime(times(turn)),
    crypto: ports.crypto,
  });
  const document = verdict.result === "accepted" ? verdict.document : verdict.expired;
  if (document === undefined) {
    tell(turn, "bulkhead-keyset", verdict.code, bytes);
    return "refused";
  }
  adoptKeyset(turn, document.claims, utf8Text(bytes) ?? "");
  return verdict.result === "accepted" ? "accepted" : "expired";
}

function adoptKeyset(turn: Turn, claims: KeysetClaims, jws: string): void {
  const { trust } = turn.state;
  const before = keysetOf(turn);
  if (before !== undefined && claims.epoch > before.epoch) endDocuments(turn);
  trust.keyset = { epoch: claims.epoch, revision: claims.revision, jws };
  noteVerified(times(turn), claims.iat);
  touch(turn, "trust");
  log(turn, "info", "keyset_adopted", { epoch: claims.epoch, revision: claims.revision });
}

/** A stored keyset that cannot be read: no document is good by what nobody knows. */
export function loseKeyset(turn: Turn): void {
  endDocuments(turn);
  turn.state.trust.keyset = null;
}

/** The way back from a fast-forward: documents end at once, without grace, and suspensions outlive them (spec 4.16). */
function endDocuments(turn: Turn): void {
  const { trust } = turn.state;
  const { inForce } = turn.live;
  const programs = [...Object.keys(trust.programs), ...Object.keys(inForce.programs)];
  const suspended = programs.filter((appId) => isStopped(turn, appId));
  hold(turn, "byPlatform", newestPlatform(turn)?.suspended ?? []);
  hold(turn, "byPlatform", turn.claims.platform(inForce.platform?.jws)?.suspended ?? []);
  hold(turn, "byProgram", suspended);
  if (trust.platform) trust.platform.good = null;
  for (const state of Object.values(trust.programs)) state.good = null;
  inForce.platform = null;
  inForce.programs = {};
  turn.live.before = null;
}

/** These are suspended until what ends it is applied: a document that is only accepted takes it from `trust` alone. */
function hold({ state, live }: Turn, by: "byPlatform" | "byProgram", appIds: readonly string[]): void {
  for (const held of [state.trust.held, live.inForce.held]) held[by] = union(held[by], appIds);
}

/** A document of the program, the newest or the one in force, has a status other than active. */
export function isStopped(turn: Turn, appId: string): boolean {
  const inForce = turn.claims.program(turn.live.inForce.programs[appId]?.jws);
  return [newestProgram(turn, appId), inForce].some((claims) => claims !== undefined && claims.status !== "active");
}

export function receivePlatform(turn: Turn, bytes: Uint8Array, etag: string | null): Receipt {
  const { trust } = turn.state;
  const keyset = keysetOf(turn);
  if (keyset === undefined) return "refused";
  const verdict = verifyDocument({
    ...verification(turn, bytes, keyset, trust.platform),
    type: "bulkhead-platform",
    clock: clockTime(turn.live),
  });
  if (verdict.result === "accepted") {
    const { claims, payloadSha256 } = verdict.document;
    if (trust.platform?.good?.sha256 === payloadSha256) return "unchanged";
    trust.platform = acceptedState(claims, payloadSha256, bytes, etag);
    trust.held.byPlatform = [];
    restartTime(times(turn), claims.iat);
    touch(turn, "trust");
    return "accepted";
  }
  tell(turn, "bulkhead-platform", verdict.code, bytes);
  if (verdict.expired === undefined) return "refused";
  const { claims, payloadSha256 } = verdict.expired;
  trust.platform = raisedState(trust.platform, claims, payloadSha256);
  hold(turn, "byPlatform", claims.suspended);
  touch(turn, "trust");
  return "expired";
}

export function receiveProgram(turn: Turn, appId: string, bytes: Uint8Array, etag: string | null): Receipt {
  const { trust } = turn.state;
  const keyset = keysetOf(turn);
  if (keyset === undefined) return "refused";
  const before = trust.programs[appId];
  const verdict = verifyDocument({ ...verification(turn, bytes, keyset, before), type: "bulkhead-program", appId });
  if (verdict.result === "accepted") {
    const { claims, payloadSha256 } = verdict.document;
    if (before?.good?.sha256 === payloadSha256) return "unchanged";
    trust.programs[appId] = acceptedState(claims, payloadSha256, bytes, etag);
    trust.held.byProgram = trust.held.byProgram.filter((other) => other !== appId);
    noteVerified(times(turn), claims.iat);
    touch(turn, "trust");
    return "accepted";
  }
  tell(turn, "bulkhead-program", verdict.code, bytes, appId);
  if (verdict.expired === undefined) return "refused";
  const { claims, payloadSha256 } = verdict.expired;
  trust.programs[appId] = raisedState(before, claims, payloadSha256);
  if (claims.status !== "active") hold(turn, "byProgram", [appId]);
  touch(turn, "trust");
  return "expired";
}

/** An answer that was cut off for its size. */
export function refuseTooLarge(turn: Turn, type: DocumentType, appId?: string): void {
  tell(turn, type, "TOO_LARGE", utf8Bytes(["too large", type, appId ?? ""].join("\n")), appId);
}

function verification(turn: Turn, bytes: Uint8Array, keyset: KeysetClaims, before: DocumentState | null | undefined) {
  const { ports, live } = turn;
  return {
    jws: bytes,
    keyset,
    platform: live.enrolment.platform,
    now: receivedTime(times(turn)),
    ...(before ? { stored: before.floor } : {}),
    ...ports,
  };
}

function acceptedState(
  { epoch, revision }: PlatformClaims | ProgramClaims,
  sha256: string,
  bytes: Uint8Array,
  etag: string | null,
): DocumentState {
  return { floor: { epoch, revision, sha256 }, good: { epoch, revision, sha256, jws: utf8Text(bytes) ?? "", etag } };
}

/** After a newer document that had expired: the floor rises, the last good one stays. */
function raisedState(
  before: DocumentState | null | undefined,
  { epoch, revision }: PlatformClaims | ProgramClaims,
  sha256: string,
): DocumentState {
  return { floor: { epoch, revision, sha256 }, good: before?.good ?? null };
}

/** One event for each distinct payload, over restarts too where it was stored by then; it is stored with the next change. */
function tell(turn: Turn, type: DocumentType, code: DocumentCode, bytes: Uint8Array, appId?: string): void {
  const { trust } = turn.state;
  const sha256 = toHex(turn.ports.crypto.sha256(payloadText(bytes)));
  if (trust.refusals.includes(sha256)) return;
  trust.refusals = [...trust.refusals, sha256].slice(-REFUSALS_MAX);
  const about = appId === undefined ? {} : { appId };
  log(turn, "warn", "document_refused", { document: type, code, ...about, sha256 });
  recordEvent(turn, { type: "document_refused", code, ...about, detail: { document: type, sha256 } });
}

/** The payload's text as received where there is one, so that signatures do not count; else all of it. */
function payloadText(bytes: Uint8Array): Uint8Array {
  const text = utf8Text(bytes);
  const outer = text?.startsWith("{") ? parseJson(text) : undefined;
  const inner = outer?.ok && isJsonObject(outer.value) ? outer.value.payload : text?.split(".")[1];
  return typeof inner === "string" ? utf8Bytes(inner) : bytes;
}
