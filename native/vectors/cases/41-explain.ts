import type { VectorCase, VectorTopic } from "../vector-topic";
import { NOW, platformClaims, programClaims, version } from "./policy-claims";

const DAY = 86_400;
const APP = "com.example.notes";
/** The sooner end of the two documents. */
const EXP = NOW + DAY - 3600;
const declares = ["device.info", "network.request", "location.precise", "payments.request", "share.send", "nfc.read", "haptics.vibrate", "notifications.show"];

const program = programClaims({
  versions: [version(11, ["device.info", "camera.capture"]), version(12, declares)],
  grants: {
    "device.info": { consent: "none" },
    "network.request": { consent: "none", constraints: { perMinute: 30 } },
    "location.precise": { consent: "ask", until: NOW, constraints: { foregroundOnly: true } },
    "payments.request": { consent: "none", constraints: { maxAmountMinor: 5000, currency: "EUR" } },
    "share.send": { consent: "perhaps" },
    "haptics.vibrate": { consent: "ask" },
    "notifications.show": { consent: "none", until: NOW + 9, constraints: { perMinute: 2, perDay: 10 } },
  },
  hosts: [
    /* 0 */ { host: "api.shop.test", ports: [443, 8443], purposes: ["request"] },
    /* 1 */ { host: "api.shop.test", ports: [9443], purposes: ["upload", "request"], until: NOW + 60 },
    /* 2 */ { host: "*.cdn.shop.test", ports: [443], purposes: ["download", "request"] },
    /* 3 */ { host: "old.cdn.shop.test", ports: [8443], purposes: ["request"], until: NOW },
    /* 4 */ { host: "new.shop.test", ports: [443], purposes: ["request"], fromVersion: 13 },
    /* 5 */ { host: "odd.shop.test", ports: [443], purposes: ["request"], schedule: "nights" },
    /* 6 */ { host: "api.shop.test", ports: [7443], purposes: ["request"], until: NOW },
  ],
});
const platform = platformClaims({
  blockedHosts: ["blocked.test"],
  minRuntime: { linux: "1.4.0" },
  minRevisions: { [APP]: 20 },
});
const programWith = (changes: Record<string, unknown>) => ({ program: { ...program, ...changes } });
const platformWith = (changes: Record<string, unknown>) => ({ platform: { ...platform, ...changes } });

type Value = string | number | boolean | null | readonly (string | number)[];
/** What a check looked at, saw and wanted. */
type Sight = readonly [at: string | null, seen: Value, wanted: Value];
type Sights = Readonly<Record<string, Sight>>;
type Row = readonly [check: string, code: string, layer: string];
type Nearest = readonly [at: string | null, name: string, misses: readonly string[]];

const HOST: readonly Row[] = [
  ["URL", "URL_MALFORMED", "host"],
  ["SCHEME", "SCHEME_NOT_ALLOWED", "host"],
  ["HOST", "HOST_MALFORMED", "host"],
  ["BLOCKED", "HOST_BLOCKED_BY_PLATFORM", "platform"],
  ["RULE", "HOST_NOT_ALLOWED", "host"],
  ["RULE_TIME", "HOST_NOT_ALLOWED", "host"],
  ["PORT", "PORT_NOT_ALLOWED", "host"],
  ["PURPOSE", "PURPOSE_NOT_ALLOWED", "host"],
];
const BEFORE_HOST: readonly Row[] = [
  ["API", "UNKNOWN_API", "api"],
  ["SUSPENSION", "PROGRAM_SUSPENDED", "platform"],
  ["STATUS", "PROGRAM_SUSPENDED", "document"],
  ["RUNTIME", "UPGRADE_REQUIRED", "platform"],
  ["VERSION", "UPGRADE_REQUIRED", "document"],
  ["EPOCH", "POLICY_EXPIRED", "platform"],
  ["REVISION", "POLICY_EXPIRED", "platform"],
  ["FRESHNESS", "POLICY_EXPIRED", "document"],
  ["DECLARATION", "PERMISSION_DENIED", "manifest"],
  ["GRANT", "PERMISSION_DENIED", "grant"],
  ["GRANT_FORM", "PERMISSION_DENIED", "grant"],
  ["GRANT_TIME", "PERMISSION_DENIED", "grant"],
  ["CONSENT_ASKED", "CONSENT_REQUIRED", "consent"],
  ["CONSENT_GIVEN", "CONSENT_DENIED", "consent"],
  ["ARGUMENTS", "INVALID_ARGUMENTS", "api"],
  ["CONSTRAINTS", "CONSTRAINT_NOT_MET", "grant"],
];
const RATES: readonly Row[] = [["RATES", "RATE_LIMITED", "grant"]];
const CALL = [...BEFORE_HOST, ...RATES];
const NETWORK_CALL = [...BEFORE_HOST, ...HOST, ...RATES];
const REDIRECT: readonly Row[] = [["HOP", "REDIRECT_NOT_ALLOWED", "host"], ...HOST];
const ADDRESS: readonly Row[] = ["ADDRESS", "MULTICAST", "MAPPED", "REGISTRY"].map((check) => [check, "ADDRESS_NOT_PUBLIC", "host"]);

/** Passed by the order's every check, or ended at one; `sights` has what each that was reached saw. */
function ending(order: readonly Row[], sights: Sights, end: { failed: string; nearest?: Nearest } | { layer: string; rule: string | null }) {
  const failed = "failed" in end ? end.failed : undefined;
  const place = failed === undefined ? order.length : order.findIndex(([check]) => check === failed);
  const checks = order.map(([check, code, layer], index) => {
    if (index > place) return { check, code, layer, state: "not_reached" };
    const [at, seen, wanted] = sights[check] ?? [];
    return { check, code, layer, state: index === place ? "failed" : "passed", at, seen, wanted };
  });
  if (!("failed" in end)) return { decision: "allow", code: "ALLOWED", layer: end.layer, rule: end.rule, checks, nearest: null, help: null };
  const [, code, layer] = order[place] ?? [];
  const [at, name, misses] = end.nearest ?? [];
  const nearest = end.nearest === undefined ? null : { at, name, misses };
  // no document has a rule about arguments: their place is one in the call
  const rule = end.failed === "ARGUMENTS" ? null : (sights[end.failed]?.[0] ?? null);
  return { decision: "deny", code, layer, rule, checks, nearest, help: `errors/${code}` };
}

const hostSights = (host: string, sights: Sights): Sights => ({
  URL: [null, null, null],
  SCHEME: [null, "https", "https"],
  HOST: [null, host, null],
  BLOCKED: [null, host, null],
  ...sights,
});
const apiSights = (sights: Sights): Sights => hostSights("api.shop.test", {
  RULE: ["/hosts/0", "api.shop.test", "api.shop.test"],
  RULE_TIME: ["/hosts/0", NOW, null],
  PORT: ["/hosts/0", 443, [443, 8443, 9443]],
  PURPOSE: ["/hosts/0", "request", ["request"]],
  ...sights,
});

const host = (id: string, title: string, flags: string[], url: string, expect: VectorCase["expect"], more: Record<string, unknown> = {}): VectorCase => ({
  id: `explain-${id}`,
  title,
  flags,
  input: { about: "host", url, ...more },
  expect,
});
const hosts: VectorCase[] = [
  host("001", "a host that is allowed: ports of all rules that are left, in rising order", [], "https://api.shop.test/", ending(HOST, apiSights({}), { layer: "host", rule: "/hosts/0" })),
  host("002", "the rule that is left looked at, and what it ends at", ["rule"], "https://API.shop.test:9443", ending(HOST, apiSights({ PORT: ["/hosts/1", 9443, [443, 8443, 9443]], PURPOSE: ["/hosts/1", "upload", ["request", "upload"]] }), { layer: "host", rule: "/hosts/1" }), { purpose: "upload" }),
  host("003", "a wildcard names the host", ["rule"], "https://a.cdn.shop.test", ending(HOST, hostSights("a.cdn.shop.test", { RULE: ["/hosts/2", "a.cdn.shop.test", "*.cdn.shop.test"], RULE_TIME: ["/hosts/2", NOW, null], PORT: ["/hosts/2", 443, [443]], PURPOSE: ["/hosts/2", "request", ["request", "download"]] }), { layer: "host", rule: "/hosts/2" })),
  host("101", "a port that no rule has: the nearest is the first of two that miss it alone", ["nearest"], "https://api.shop.test:80/", ending(HOST, apiSights({ PORT: ["/hosts/0", 80, [443, 8443, 9443]] }), { failed: "PORT", nearest: ["/hosts/0", "api.shop.test", ["PORT"]] })),
  host("102", "a port whose rule is over: nearest is that rule, though another one refused", ["nearest"], "https://api.shop.test:7443/", ending(HOST, apiSights({ PORT: ["/hosts/0", 7443, [443, 8443, 9443]] }), { failed: "PORT", nearest: ["/hosts/0", "api.shop.test", ["PORT"]] })),
  host("103", "a purpose that the host's rule of that port does not have", ["nearest"], "https://api.shop.test/", ending(HOST, apiSights({ PURPOSE: ["/hosts/0", "download", ["request"]] }), { failed: "PURPOSE", nearest: ["/hosts/0", "api.shop.test", ["PURPOSE"]] }), { purpose: "download" }),
  host("104", "an exact rule that is over sets the wildcard aside, which is as near and comes first", ["nearest"], "https://old.cdn.shop.test/", ending(HOST, hostSights("old.cdn.shop.test", { RULE: ["/hosts/3", "old.cdn.shop.test", "old.cdn.shop.test"], RULE_TIME: ["/hosts/3", NOW, NOW] }), { failed: "RULE_TIME", nearest: ["/hosts/2", "*.cdn.shop.test", ["SET_ASIDE"]] })),
  host("105", "an inert rule: nothing is wanted, for it never passes", ["nearest", "rule"], "https://odd.shop.test/", ending(HOST, hostSights("odd.shop.test", { RULE: ["/hosts/5", "odd.shop.test", "odd.shop.test"], RULE_TIME: ["/hosts/5", NOW, null] }), { failed: "RULE_TIME", nearest: ["/hosts/5", "odd.shop.test", ["INERT", "PORT", "PURPOSE"]] })),
  host("106", "a rule for later versions alone", ["nearest"], "https://new.shop.test/", ending(HOST, hostSights("new.shop.test", { RULE: [null, "new.shop.test", null] }), { failed: "RULE", nearest: ["/hosts/4", "new.shop.test", ["FROM_VERSION"]] })),
  host("107", "one label too many for a wildcard", ["label", "nearest"], "https://b.a.cdn.shop.test:80/", ending(HOST, hostSights("b.a.cdn.shop.test", { RULE: [null, "b.a.cdn.shop.test", null] }), { failed: "RULE", nearest: ["/hosts/2", "*.cdn.shop.test", ["LABEL", "PORT"]] })),
  host("108", "one label too few for a wildcard: it agrees in more labels than a host of another first one", ["label", "nearest"], "https://cdn.shop.test/", ending(HOST, hostSights("cdn.shop.test", { RULE: [null, "cdn.shop.test", null] }), { failed: "RULE", nearest: ["/hosts/2", "*.cdn.shop.test", ["LABEL"]] })),
  host("109", "another first label: of equally near ones that with fewer misses, then the first", ["label", "nearest"], "https://www.shop.test/", ending(HOST, hostSights("www.shop.test", { RULE: [null, "www.shop.test", null] }), { failed: "RULE", nearest: ["/hosts/0", "api.shop.test", ["LABEL"]] })),
  host("110", "two labels away is not near", ["label", "nearest"], "https://www.evil.test/", ending(HOST, hostSights("www.evil.test", { RULE: [null, "www.evil.test", null] }), { failed: "RULE" })),
  host("119", "one label more than a rule's host", ["label", "nearest"], "https://x.api.shop.test/", ending(HOST, hostSights("x.api.shop.test", { RULE: [null, "x.api.shop.test", null] }), { failed: "RULE", nearest: ["/hosts/0", "api.shop.test", ["LABEL"]] })),
  host("111", "blocked by the platform: no rule would help", ["nearest"], "https://a.blocked.test/", ending(HOST, hostSights("a.blocked.test", { BLOCKED: ["/blockedHosts/0", "a.blocked.test", null] }), { failed: "BLOCKED" })),
  host("112", "a host that is none, as it stands in the URL", ["seen"], "https://LocalHost/", ending(HOST, hostSights("", { HOST: [null, "LocalHost", null] }), { failed: "HOST" })),
  host("113", "another scheme, as it stands in the URL", ["seen"], "HTTP://api.shop.test/", ending(HOST, hostSights("", { SCHEME: [null, "HTTP", "https"] }), { failed: "SCHEME" })),
  host("114", "no scheme at all", ["seen"], "//live.shop.test/", ending(HOST, hostSights("", { SCHEME: [null, null, "wss"] }), { failed: "SCHEME" }), { purpose: "socket" }),
  host("115", "a character that no URL has", ["fault"], "https://api.shop.test/ x", ending(HOST, { URL: [null, "CHARACTER", null] }, { failed: "URL" })),
  host("116", "no authority, met before a space", ["fault"], "https:api.shop.test/ x", ending(HOST, { URL: [null, "AUTHORITY", null] }, { failed: "URL" })),
  host("117", "a user", ["fault"], "https://me@api.shop.test:0/", ending(HOST, { URL: [null, "USERINFO", null] }, { failed: "URL" })),
  host("118", "a port that is none, met before a space in the path", ["fault"], "https://api.shop.test:0443/ x", ending(HOST, { URL: [null, "PORT", null] }, { failed: "URL" })),
];

const redirects: VectorCase[] = [
  {
    id: "explain-201",
    title: "a relative hop that is followed",
    flags: ["hop"],
    input: { about: "redirect", from: "https://api.shop.test/a", url: "b", hop: 5 },
    expect: ending(REDIRECT, apiSights({ HOP: [null, 5, 5] }), { layer: "host", rule: "/hosts/0" }),
  },
  {
    id: "explain-202",
    title: "the sixth hop",
    flags: ["hop"],
    input: { about: "redirect", from: "https://api.shop.test/a", url: "b", hop: 6 },
    expect: ending(REDIRECT, { HOP: [null, 6, 5] }, { failed: "HOP" }),
  },
];

const addressCase = (id: string, title: string, address: string, registry: Sight | null, failed?: string): VectorCase => ({
  id: `explain-${id}`,
  title,
  flags: ["address"],
  input: { about: "address", address },
  expect: ending(
    ADDRESS,
    {
      ADDRESS: [null, address.slice(0, 256), null],
      MULTICAST: [null, address, null],
      MAPPED: [null, address, null],
      ...(registry === null ? {} : { REGISTRY: registry }),
    },
    failed === undefined ? { layer: "host", rule: null } : { failed },
  ),
});
const addresses: VectorCase[] = [
  addressCase("301", "no registry names it", "93.184.216.34", [null, null, null]),
  addressCase("302", "the most specific entry, which is reachable", "192.0.0.9", [null, "192.0.0.9/32", null]),
  addressCase("303", "IPv6 outside of what is public", "4000::1", [null, null, "2000::/3"], "REGISTRY"),
  addressCase("304", "the network inside", "10.1.2.3", [null, "10.0.0.0/8", null], "REGISTRY"),
  addressCase("305", "the network inside, behind NAT64", "64:ff9b::10.1.2.3", [null, "10.0.0.0/8", null], "REGISTRY"),
  addressCase("306", "multicast", "224.0.0.1", null, "MULTICAST"),
  addressCase("307", "an IPv4 address in an IPv6 one", "::ffff:8.8.8.8", null, "MAPPED"),
  addressCase("308", "no address, cut to 256", "8".repeat(300), null, "ADDRESS"),
];

const callSights = (capability: string, sights: Sights = {}): Sights => ({
  API: [null, capability, null],
  SUSPENSION: [null, APP, null],
  STATUS: ["/status", "active", "active"],
  RUNTIME: ["/minRuntime/linux", "1.4.0", "1.4.0"],
  VERSION: ["/versions/1", 12, [11, 12]],
  EPOCH: ["/epoch", 3, 3],
  REVISION: [`/minRevisions/${APP}`, 21, 20],
  FRESHNESS: ["/exp", NOW, EXP],
  DECLARATION: ["/versions/1/declares", capability, declares],
  GRANT: [`/grants/${capability}`, capability, null],
  GRANT_FORM: [`/grants/${capability}`, capability, null],
  GRANT_TIME: [null, NOW, null],
  CONSENT_ASKED: [`/grants/${capability}/consent`, null, null],
  CONSENT_GIVEN: [`/grants/${capability}/consent`, null, null],
  ARGUMENTS: [null, null, null],
  CONSTRAINTS: [null, null, null],
  RATES: [null, null, null],
  ...sights,
});
const grace: Sight = ["/exp", NOW, EXP + 3 * DAY];
const call = (id: string, title: string, flags: string[], api: string, more: Record<string, unknown>, expect: VectorCase["expect"]): VectorCase => ({
  id: `explain-${id}`,
  title,
  flags,
  input: { about: "api", api, ...more },
  expect,
});
const payment = (amountMinor: number) => ({ params: { amountMinor, currency: "EUR" } });
const moment = (foreground: boolean, perMinute: number, perDay: number) => ({ context: { foreground, gesture: false, used: { perMinute, perDay } } });
const location = "/grants/location.precise";
const network = { "network.request": ["/grants/network.request/constraints", null, null] } satisfies Sights;

const calls: VectorCase[] = [
  call("401", "a public call, which has until the end of the grace", ["freshness"], "device.info", {}, ending(CALL, callSights("device.info", { FRESHNESS: grace }), { layer: "grant", rule: "/grants/device.info" })),
  call("402", "a call with a URL has the checks of its host", ["url"], "network.request", { params: { url: "https://api.shop.test/" } }, ending(NETWORK_CALL, callSights("network.request", { ...apiSights({}), FRESHNESS: grace, CONSTRAINTS: network["network.request"], RATES: network["network.request"] }), { layer: "host", rule: "/hosts/0" })),
  call("403", "no minimum of anything", ["unlimited"], "device.info", platformWith({ minRuntime: { ios: "9.0.0" }, minRevisions: {} }), ending(CALL, callSights("device.info", { FRESHNESS: grace, RUNTIME: [null, "1.4.0", null], REVISION: [null, 21, null] }), { layer: "grant", rule: "/grants/device.info" })),
  call("404", "an amount within its bound, a grant with constraints", ["constraint"], "payments.request", payment(5000), ending(CALL, callSights("payments.request", { CONSTRAINTS: ["/grants/payments.request/constraints", null, null], RATES: ["/grants/payments.request/constraints", null, null] }), { layer: "grant", rule: "/grants/payments.request" })),
  call("405", "consent that was given", ["consent"], "haptics.vibrate", { consent: "given" }, ending(CALL, callSights("haptics.vibrate", { FRESHNESS: grace, CONSENT_ASKED: ["/grants/haptics.vibrate/consent", "given", "given"], CONSENT_GIVEN: ["/grants/haptics.vibrate/consent", "given", "given"] }), { layer: "grant", rule: "/grants/haptics.vibrate" })),
  call("501", "an API that nobody knows, but in another letter case", ["nearest"], "Device.Info", {}, ending(CALL, { API: [null, "Device.Info", null] }, { failed: "API", nearest: [null, "device.info", ["NAME"]] })),
  call("502", "a capability that is opened by its verbs", ["nearest"], "storage.local", {}, ending(CALL, { API: [null, "storage.local", null] }, { failed: "API", nearest: [null, "storage.local.get", ["NAME"]] })),
  call("503", "a verb that the capability does not have", ["nearest"], "device.info.get", {}, ending(CALL, { API: [null, "device.info.get", null] }, { failed: "API", nearest: [null, "device.info", ["NAME"]] })),
  call("504", "a name like nothing, cut within no character", ["nearest", "seen"], `${"x".repeat(255)}\u{1f600}`, {}, ending(CALL, { API: [null, "x".repeat(255), null] }, { failed: "API" })),
  call("505", "half of a character", ["seen"], "x\ud800", {}, ending(CALL, { API: [null, "x\ufffd", null] }, { failed: "API" })),
  call("506", "suspended by the platform", [], "device.info", platformWith({ suspended: ["com.example.other", APP] }), ending(CALL, callSights("device.info", { SUSPENSION: ["/suspended/1", APP, null] }), { failed: "SUSPENSION" })),
  call("507", "retired", [], "device.info", programWith({ status: "retired" }), ending(CALL, callSights("device.info", { STATUS: ["/status", "retired", "active"] }), { failed: "STATUS" })),
  call("508", "a runtime below the minimum", [], "device.info", { runtime: { kind: "linux", version: "1.3.9" } }, ending(CALL, callSights("device.info", { RUNTIME: ["/minRuntime/linux", "1.3.9", "1.4.0"] }), { failed: "RUNTIME" })),
  call("509", "a version that is not listed: the higher of two that are as near", ["nearest"], "device.info", { versionCode: 12, ...programWith({ versions: [version(11, []), version(13, [])] }) }, ending(CALL, callSights("device.info", { VERSION: ["/versions", 12, [11, 13]] }), { failed: "VERSION", nearest: ["/versions/1", "13", ["VERSION"]] })),
  call("510", "another epoch", [], "device.info", programWith({ epoch: 2 }), ending(CALL, callSights("device.info", { EPOCH: ["/epoch", 2, 3] }), { failed: "EPOCH" })),
  call("511", "below the minimum revision", [], "device.info", programWith({ revision: 19 }), ending(CALL, callSights("device.info", { REVISION: [`/minRevisions/${APP}`, 19, 20] }), { failed: "REVISION" })),
  call("512", "over at the very second", ["freshness"], "share.send", { now: EXP }, ending(CALL, callSights("share.send", { FRESHNESS: ["/exp", EXP, EXP] }), { failed: "FRESHNESS" })),
  call("513", "not declared by this version, but by another", ["nearest"], "camera.capture", {}, ending(CALL, callSights("camera.capture", { DECLARATION: ["/versions/1/declares", "camera.capture", declares] }), { failed: "DECLARATION", nearest: ["/versions/0", "11", ["VERSION"]] })),
  call("514", "declared and not granted", ["nearest"], "nfc.read", {}, ending(CALL, callSights("nfc.read", { GRANT: [null, "nfc.read", null] }), { failed: "GRANT" })),
  call("515", "an inert grant, of which nothing else is known", ["nearest"], "share.send", {}, ending(CALL, callSights("share.send"), { failed: "GRANT_FORM", nearest: ["/grants/share.send", "share.send", ["INERT"]] })),
  call("516", "a grant that is over, with all else that it misses", ["nearest"], "location.precise", {}, ending(CALL, callSights("location.precise", { GRANT_TIME: [`${location}/until`, NOW, NOW] }), { failed: "GRANT_TIME", nearest: [location, "location.precise", ["UNTIL", "CONSENT", "CONSTRAINT"]] })),
  call("517", "consent that nobody was asked for", ["consent", "nearest"], "haptics.vibrate", {}, ending(CALL, callSights("haptics.vibrate", { FRESHNESS: grace, CONSENT_ASKED: ["/grants/haptics.vibrate/consent", null, "given"] }), { failed: "CONSENT_ASKED", nearest: ["/grants/haptics.vibrate", "haptics.vibrate", ["CONSENT"]] })),
  call("518", "consent that was refused", ["consent", "nearest"], "haptics.vibrate", { consent: "refused" }, ending(CALL, callSights("haptics.vibrate", { FRESHNESS: grace, CONSENT_ASKED: ["/grants/haptics.vibrate/consent", "refused", "given"], CONSENT_GIVEN: ["/grants/haptics.vibrate/consent", "refused", "given"] }), { failed: "CONSENT_GIVEN", nearest: ["/grants/haptics.vibrate", "haptics.vibrate", ["CONSENT"]] })),
  call("590", "an argument of another type: which one, of what kind, and never its value", ["seen"], "payments.request", { params: { amountMinor: "much", currency: "EUR" } }, ending(CALL, callSights("payments.request", { ARGUMENTS: ["/amountMinor", "a text of 4 bytes", "a whole number from 1 to 9007199254740991"] }), { failed: "ARGUMENTS" })),
  call("591", "arguments that are a list", ["seen"], "payments.request", { params: [] }, ending(CALL, callSights("payments.request", { ARGUMENTS: ["", "a list of 0", "an object"] }), { failed: "ARGUMENTS" })),
  call("592", "a header that is the host's own", ["seen"], "network.request", { params: { url: "https://api.shop.test/", headers: { "x-a": "1", Host: "x" } } }, ending(NETWORK_CALL, callSights("network.request", { FRESHNESS: grace, ARGUMENTS: ["/headers/Host", "a field that is the host's own", "a field of the program's own, named by a token of 1 to 256 characters"] }), { failed: "ARGUMENTS" })),
  call("593", "a header whose name needs a pointer's escapes", ["seen"], "network.request", { params: { url: "https://api.shop.test/", headers: { "a~b": 1 } } }, ending(NETWORK_CALL, callSights("network.request", { FRESHNESS: grace, ARGUMENTS: ["/headers/a~0b", "a number", "a text of at most 8192 visible characters, with blanks within it alone"] }), { failed: "ARGUMENTS" })),
  call("594", "an argument that is not there", ["seen"], "network.request", { params: { method: "GET" } }, ending(NETWORK_CALL, callSights("network.request", { FRESHNESS: grace, ARGUMENTS: ["/url", "nothing", "a text of 0 to 65536 bytes"] }), { failed: "ARGUMENTS" })),
  call("521", "an amount above its bound", ["constraint", "nearest"], "payments.request", payment(5001), ending(CALL, callSights("payments.request", { CONSTRAINTS: ["/grants/payments.request/constraints/maxAmountMinor", 5001, 5000] }), { failed: "CONSTRAINTS", nearest: ["/grants/payments.request", "payments.request", ["CONSTRAINT"]] })),
  call("522", "in the background", ["constraint", "nearest"], "location.precise", { now: NOW - 1, consent: "given" }, ending(CALL, callSights("location.precise", { FRESHNESS: ["/exp", NOW - 1, EXP], GRANT_TIME: [`${location}/until`, NOW - 1, NOW], CONSENT_ASKED: [`${location}/consent`, "given", "given"], CONSENT_GIVEN: [`${location}/consent`, "given", "given"], CONSTRAINTS: [`${location}/constraints/foregroundOnly`, false, true] }), { failed: "CONSTRAINTS", nearest: [location, "location.precise", ["CONSTRAINT"]] })),
  call("523", "a call's host that no rule names", ["url", "nearest"], "network.request", { params: { url: "https://www.evil.test/" } }, ending(NETWORK_CALL, callSights("network.request", { ...hostSights("www.evil.test", { RULE: [null, "www.evil.test", null] }), FRESHNESS: grace, CONSTRAINTS: network["network.request"] }), { failed: "RULE" })),
  call("524", "over the rate of a day", ["rate", "nearest"], "notifications.show", { params: { title: "t" }, ...moment(true, 1, 10) }, ending(CALL, callSights("notifications.show", { GRANT_TIME: ["/grants/notifications.show/until", NOW, NOW + 9], CONSTRAINTS: ["/grants/notifications.show/constraints", null, null], RATES: ["/grants/notifications.show/constraints/perDay", 10, 10] }), { failed: "RATES", nearest: ["/grants/notifications.show", "notifications.show", ["RATE"]] })),
];

export const topic: VectorTopic = {
  name: "41-explain",
  specClause: "§5 How a decision came about",
  op: "explain",
  state: { program, platform, versionCode: 12, purpose: "request", runtime: { kind: "linux", version: "1.4.0" }, now: NOW },
  notes: {
    address: "Which check refused an address, and by which entry of the registries.",
    consent: "Consent that nobody gave yet is asked for; consent that was refused is not.",
    constraint: "A refused call is told by how much it is outside.",
    fault: "Of several faults of a URL the first from the left is named.",
    freshness: "What is public goes on for the grace; told too early, it would look stale.",
    hop: "The count is a check as others are.",
    label: "One label away is what a person mistypes; more is another host.",
    nearest: "What would have to change is told by the rule that needs the least change, or a person widens more than is needed.",
    rate: "Told which rate, a caller knows when to come back.",
    rule: "A trace names the rule that decided, and no other.",
    seen: "What a program says is told bounded, and an argument by its place alone.",
    unlimited: "Where nothing is asked for, nothing was wanted.",
    url: "A call that carries a URL is decided by its host too, at its place in the order.",
  },
  cases: [hosts, redirects, addresses, calls].flat(),
};
