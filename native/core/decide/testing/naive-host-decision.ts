import type { HostCode, HostPurpose } from "../../codes";
import type { HostRule, InertHostRule, PlatformClaims, ProgramClaims } from "../../shapes/claims";

export type NaiveAnswer = { code: HostCode; layer: "host" | "platform"; rule: string | null };

/**
 * The host decision a second time, written from the words of spec §5 alone and as slowly as they read, to hold the fast
 * one to. Shares no code with it.
 */
export function naiveHostDecision(
  program: ProgramClaims,
  platform: PlatformClaims,
  { versionCode, url, purpose, now }: { versionCode: number; url: string; purpose: HostPurpose; now: number },
): NaiveAnswer {
  const host = (code: HostCode, rule: string | null = null): NaiveAnswer => ({ code, layer: "host", rule });

  if (!/^[!-~]*$/.test(url) || url.includes("\n") || url.includes("\\")) return host("URL_MALFORMED");
  const parts = /^(?:([^:/?#]*):)?\/\/([^/?#]*)/.exec(url);
  if (!parts) return host("URL_MALFORMED");
  const [, scheme, authority = ""] = parts;
  if (authority.includes("@")) return host("URL_MALFORMED");
  // What brackets hold is made harmless, so that the last colon left is the port's.
  const masked = authority.replace(/\[[^\]]*(\]|$)/g, (inside) => "_".repeat(inside.length));
  const colon = masked.lastIndexOf(":");
  const port = colon < 0 ? "443" : authority.slice(colon + 1);
  if (!/^[1-9][0-9]*$/.test(port) || Number(port) > 65535) return host("URL_MALFORMED");
  if (scheme?.toLowerCase() !== (purpose === "socket" ? "wss" : "https")) return host("SCHEME_NOT_ALLOWED");

  const name = (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  const isName =
    name.length <= 253 &&
    labels.length >= 2 &&
    labels.every((label) => label.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) &&
    !/^[0-9]+$/.test(last) &&
    !last.startsWith("0x");
  if (!isName) return host("HOST_MALFORMED");

  const block = platform.blockedHosts.findIndex((entry) => name === entry || name.endsWith(`.${entry}`));
  if (block >= 0) return { code: "HOST_BLOCKED_BY_PLATFORM", layer: "platform", rule: `/blockedHosts/${block}` };

  type Numbered = { rule: HostRule | InertHostRule; place: string };
  const existing = program.hosts
    .map((rule, index): Numbered => ({ rule, place: `/hosts/${index}` }))
    .filter(({ rule }) => (rule.fromVersion ?? 0) <= versionCode);
  const exact = existing.filter(({ rule }) => rule.host === name);
  const wildcard = existing.filter(({ rule }) => rule.host === `*.${labels.slice(1).join(".")}`);
  let left = exact.length > 0 ? exact : wildcard;
  if (left.length === 0) return host("HOST_NOT_ALLOWED");

  const filters: [HostCode, (rule: HostRule | InertHostRule) => boolean][] = [
    ["HOST_NOT_ALLOWED", (rule) => !("inert" in rule) && (rule.until === undefined || now < rule.until)],
    ["PORT_NOT_ALLOWED", (rule) => !("inert" in rule) && rule.ports.includes(Number(port))],
    ["PURPOSE_NOT_ALLOWED", (rule) => !("inert" in rule) && rule.purposes.includes(purpose)],
  ];
  for (const [code, holds] of filters) {
    const kept = left.filter(({ rule }) => holds(rule));
    if (kept.length === 0) return host(code, left.filter((entry) => !kept.includes(entry))[0]?.place ?? null);
    left = kept;
  }
  return host("ALLOWED", left[0]?.place ?? null);
}
