import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { isAppId } from "@/native/core/manifest/app-id";
import type { Member } from "./members";

const ID = /^[a-z]+_[A-Za-z0-9]{1,64}$/;
const KID = /^[A-Za-z0-9_-]{1,128}$/;
const CODE = /^(?:0|[1-9][0-9]{0,15})$/;
const CAPABILITY = /^[a-z]+(?:\.[a-z]+)+$/;
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])$/;
/** Printable, so that a key can be read, logged and copied. */
const PAGE = /^[\x21-\x7e]{1,256}$/;
const RUNTIME = /^[a-z]{1,32}$/;

/** The one text of a member, for example `program:com.x.y/grant:camera.capture`. `parseMember` reads it back. */
export function formatMember(member: Member): string {
  switch (member.kind) {
    case "publisher":
      return `publisher:${member.publisherId}`;
    case "publisher-key":
      return `publisher:${member.publisherId}/key:${member.kid}`;
    case "registration":
    case "status":
      return `program:${member.appId}/${member.kind}`;
    case "version":
      return `program:${member.appId}/version:${member.code}`;
    case "grant":
      return `program:${member.appId}/grant:${member.capability}`;
    case "host":
      return `program:${member.appId}/host:${member.ruleId}`;
    case "limit":
      return `program:${member.appId}/limit:${member.name}`;
    case "receiver":
      return `program:${member.appId}/receiver:${member.fromAppId}`;
    case "route":
      return `program:${member.appId}/route:${member.page}`;
    case "platform-limit":
      return `platform/limit:${member.name}`;
    case "blocked-host":
      return `platform/blocked-host:${member.host}`;
    case "min-runtime":
      return `platform/min-runtime:${member.runtime}`;
    case "grace-seconds":
    case "telemetry":
      return `platform/${member.kind}`;
    case "person":
      return `person:${member.personId}`;
    case "sign-in":
      return `person:${member.personId}/sign-in`;
  }
}

/** Reads what `formatMember` writes; null for any other text. */
export function parseMember(key: string): Member | null {
  if (key.length > 512) return null;
  const slash = key.indexOf("/");
  const owner = slash === -1 ? key : key.slice(0, slash);
  const [part, name] = slash === -1 ? [null, null] : divide(key.slice(slash + 1));
  if (owner === "platform") return parsePlatform(part, name);
  const [kind, id] = divide(owner);
  if (id === null) return null;
  if (kind === "program" && isAppId(id)) return parseProgram(id, part, name);
  if (kind === "publisher" && ID.test(id)) {
    if (part === null) return { kind: "publisher", publisherId: id };
    return part === "key" && name !== null && KID.test(name)
      ? { kind: "publisher-key", publisherId: id, kid: name }
      : null;
  }
  if (kind === "person" && ID.test(id)) {
    if (part === null) return { kind: "person", personId: id };
    return part === "sign-in" && name === null ? { kind: "sign-in", personId: id } : null;
  }
  return null;
}

function parseProgram(appId: string, part: string | null, name: string | null): Member | null {
  if (name === null) return part === "registration" || part === "status" ? { kind: part, appId } : null;
  switch (part) {
    case "version": {
      const code = Number(name);
      return CODE.test(name) && Number.isSafeInteger(code) ? { kind: "version", appId, code } : null;
    }
    case "grant":
      return CAPABILITY.test(name) ? { kind: "grant", appId, capability: name } : null;
    case "host":
      return ID.test(name) ? { kind: "host", appId, ruleId: name } : null;
    case "limit":
      return isLimitName(name) ? { kind: "limit", appId, name } : null;
    case "receiver":
      return isAppId(name) ? { kind: "receiver", appId, fromAppId: name } : null;
    case "route":
      return PAGE.test(name) ? { kind: "route", appId, page: name } : null;
    default:
      return null;
  }
}

function parsePlatform(part: string | null, name: string | null): Member | null {
  if (name === null) return part === "grace-seconds" || part === "telemetry" ? { kind: part } : null;
  switch (part) {
    case "limit":
      return isLimitName(name) ? { kind: "platform-limit", name } : null;
    case "blocked-host":
      return HOST.test(name) ? { kind: "blocked-host", host: name } : null;
    case "min-runtime":
      return RUNTIME.test(name) ? { kind: "min-runtime", runtime: name } : null;
    default:
      return null;
  }
}

/** At the first colon; the rest belongs to the name, whatever it holds. */
function divide(text: string): [string, string | null] {
  const colon = text.indexOf(":");
  return colon === -1 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
}

function isLimitName(text: string): text is LimitName {
  return (LIMIT_NAMES as readonly string[]).includes(text);
}
