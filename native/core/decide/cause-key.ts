import type { DecisionCode, DecisionLayer, HostPurpose } from "../codes";
import { boundText } from "../text/plain-text";
import type { CompiledPolicy } from "./compile-policy";
import type { Decision } from "./decision";
import { readUrl } from "./read-url";

/** What makes two denials the same to a person: program, version, code, and what was asked for. */
export type DenialCause = {
  appId: string;
  versionCode: number;
  code: DecisionCode;
  /** `host:port` where the URL named one, else the API. */
  subject: string;
};

type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** 16 hex digits of SHA-256 over `appId`, version code, code and subject, joined by LF (spec §5). */
export function causeKey(cause: DenialCause, sha256: Sha256): string {
  const text = [cause.appId, String(cause.versionCode), cause.code, cause.subject].join("\n");
  const digest = sha256(new TextEncoder().encode(text));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const API_CHARACTERS_MAX = 128;

/** What a denied call was about: its API, bounded, and the host that its URL named (spec 5.23). */
export type DenialSubject = { api: string; target: { host: string; port: number } | undefined; subject: string };

/** Of a call as it was asked; `url` and `purpose` are of a network's call. Never throws, whatever the texts. */
export function denialSubject(asked: { api: string; url?: string; purpose?: HostPurpose }): DenialSubject {
  const api = boundText(asked.api, API_CHARACTERS_MAX) || "?";
  const { url, purpose } = asked;
  const target = url === undefined || purpose === undefined ? undefined : readUrl(url, purpose);
  return { api, target, subject: target === undefined ? api : `${target.host}:${target.port}` };
}

/** A `denialId`: its cause key, then a random part of the caller's. A pointer to look things up by, never trusted. */
export function makeDenialId(cause: string, random: string): string {
  return `${cause}-${random}`;
}

/** The cause key that a `denialId` begins with; undefined for a text that has none. */
export function denialCauseKey(denialId: string): string | undefined {
  return /^[0-9a-f]{16}(?=-|$)/.exec(denialId)?.[0];
}

/** What every denial carries (spec §5). */
export type Denial = {
  denialId: string;
  code: DecisionCode;
  layer: DecisionLayer;
  rule: string | null;
  epoch: number;
  platformRevision: number;
  programRevision: number;
};

export function describeDenial(policy: CompiledPolicy, { code, layer, rule }: Decision, denialId: string): Denial {
  const { epoch, platformRevision, programRevision } = policy;
  return { denialId, code, layer, rule, epoch, platformRevision, programRevision };
}
