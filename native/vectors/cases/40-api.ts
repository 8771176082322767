import type { VectorCase, VectorTopic } from "../vector-topic";
import { NOW, platformClaims, programClaims, version } from "./policy-claims";

const DAY = 86_400;
const URL = "https://api.allowed.test/";

const grants = {
  "device.info": { consent: "none" },
  "storage.local": { consent: "none", constraints: { maxBytes: 16 } },
  "network.request": { consent: "none", constraints: { perMinute: 30, perDay: 1000 } },
  "network.socket": { consent: "none" },
  "network.upload": { consent: "ask" },
  "haptics.vibrate": { consent: "none", until: NOW },
  "location.precise": { consent: "ask" },
  "location.coarse": { consent: "none", constraints: { foregroundOnly: true, precisionMetres: 1000 } },
  "clipboard.read": { consent: "none", constraints: { gestureRequired: true } },
  "camera.capture": { consent: "ask", until: NOW + 1, constraints: { foregroundOnly: true, gestureRequired: true } },
  "payments.request": { consent: "none", constraints: { maxAmountMinor: 5000, currency: "EUR" } },
  "photos.read": { consent: "none", constraints: { mediaTypes: ["image/png", "video/*"] } },
  "notifications.show": { consent: "none", constraints: { perMinute: 2, perDay: 10 } },
  "contacts.read": { consent: "none", constraints: { fields: ["name"] } },
  "calendar.write": { consent: "none", constraints: { moonPhase: "full" } },
  "share.send": { consent: "perhaps" },
  "identity.phone": { consent: "none" },
  "sensors.motion": { consent: "none", constraints: { perMinute: 0 } },
};

const undeclared = ["identity.phone"];
const declares = [...Object.keys(grants).filter((name) => !undeclared.includes(name)), "nfc.read"];

const program = programClaims({
  versions: [version(11, ["device.info"]), version(12, declares)],
  grants,
  hosts: [
    { host: "api.allowed.test", ports: [443], purposes: ["request"] },
    { host: "live.allowed.test", ports: [443], purposes: ["socket"] },
    { host: "drop.allowed.test", ports: [443], purposes: ["upload"] },
  ],
});
const platform = platformClaims({ blockedHosts: ["blocked.test"] });

const changed = (changes: Record<string, unknown>) => ({ program: { ...program, ...changes } });
const platformWith = (changes: Record<string, unknown>) => ({ platform: { ...platform, ...changes } });
const used = (perMinute: number, perDay: number) => ({
  context: { foreground: true, gesture: true, used: { perMinute, perDay } },
});
const here = (foreground: boolean, gesture: boolean) => ({
  context: { foreground, gesture, used: { perMinute: 0, perDay: 0 } },
});
const stale = { now: NOW + DAY };

type Row = [
  id: string,
  title: string,
  flags: string[],
  api: string,
  more: Record<string, unknown>,
  code: string,
  layer: string,
  rule: string | null,
];

const allowed: Row[] = [
  ["001", "a public API, declared and granted", [], "device.info", {}, "ALLOWED", "grant", "/grants/device.info"],
  ["002", "an earlier version that declares it", [], "device.info", { versionCode: 11 }, "ALLOWED", "grant", "/grants/device.info"],
  ["003", "a verb of a capability", ["verb"], "storage.local.get", { params: { key: "k" } }, "ALLOWED", "grant", "/grants/storage.local"],
  ["004", "a key of 128 bytes in 64 characters", ["arguments"], "storage.local.get", { params: { key: "\u00fc".repeat(64) } }, "ALLOWED", "grant", "/grants/storage.local"],
  ["005", "a value of just the bytes that the grant allows", ["constraint"], "storage.local.set", { params: { key: "k", value: "x".repeat(16) } }, "ALLOWED", "grant", "/grants/storage.local"],
  ["006", "a network call names the host rule", ["host"], "network.request", { params: { url: URL } }, "ALLOWED", "host", "/hosts/0"],
  ["007", "a socket asks for its own purpose", ["host", "verb"], "network.socket", { params: { url: "wss://live.allowed.test/" } }, "ALLOWED", "host", "/hosts/1"],
  ["008", "consent that was given", ["consent"], "location.precise", { consent: "given" }, "ALLOWED", "grant", "/grants/location.precise"],
  ["009", "consent that nobody has to give is not looked at", ["consent"], "device.info", { consent: "refused" }, "ALLOWED", "grant", "/grants/device.info"],
  ["010", "in the foreground, where it must be", ["constraint", "context"], "location.coarse", here(true, false), "ALLOWED", "grant", "/grants/location.coarse"],
  ["011", "after a gesture, in the background", ["constraint", "context"], "clipboard.read", here(false, true), "ALLOWED", "grant", "/grants/clipboard.read"],
  ["012", "a grant in its last second, with everything that it asks for", ["until"], "camera.capture", { consent: "given", ...here(true, true) }, "ALLOWED", "grant", "/grants/camera.capture"],
  ["013", "just the amount", ["constraint"], "payments.request", { params: { amountMinor: 5000, currency: "EUR" } }, "ALLOWED", "grant", "/grants/payments.request"],
  ["090", "a media type with spaces and tabs around it", ["constraint"], "photos.read", { params: { mediaTypes: [" image/png\t", "image/png ; q=1"] } }, "ALLOWED", "grant", "/grants/photos.read"],
  ["014", "a media type by its whole range", ["constraint"], "photos.read", { params: { mediaTypes: ["video/mp4", "IMAGE/png"] } }, "ALLOWED", "grant", "/grants/photos.read"],
  ["015", "no media type named: the result is bounded instead", ["constraint"], "photos.read", {}, "ALLOWED", "grant", "/grants/photos.read"],
  ["016", "the last call of a minute", ["rate"], "notifications.show", used(1, 5), "ALLOWED", "grant", "/grants/notifications.show"],
  ["017", "the last call of a day", ["rate"], "notifications.show", used(0, 9), "ALLOWED", "grant", "/grants/notifications.show"],
  ["018", "fields narrow the result, not the call", ["constraint"], "contacts.read", {}, "ALLOWED", "grant", "/grants/contacts.read"],
  ["019", "a public API on stale documents, within the grace", ["freshness"], "device.info", stale, "ALLOWED", "grant", "/grants/device.info"],
  ["020", "the last second of the grace", ["freshness"], "device.info", { now: NOW + DAY - 3600 + 3 * DAY - 1 }, "ALLOWED", "grant", "/grants/device.info"],
  ["021", "the last second before `exp`", ["freshness"], "identity.phone", { now: NOW + DAY - 3600 - 1, ...changed({ versions: [version(12, ["identity.phone"])] }) }, "ALLOWED", "grant", "/grants/identity.phone"],
  ["022", "exactly the minimum revision", ["revision"], "device.info", platformWith({ minRevisions: { "com.example.notes": 21 } }), "ALLOWED", "grant", "/grants/device.info"],
  ["023", "a minimum of another program", ["revision"], "device.info", platformWith({ minRevisions: { "com.example.other": 99 } }), "ALLOWED", "grant", "/grants/device.info"],
  ["024", "exactly the minimum runtime", ["runtime"], "device.info", platformWith({ minRuntime: { linux: "1.4.0" } }), "ALLOWED", "grant", "/grants/device.info"],
  ["025", "parts of a version are numbers, not texts", ["runtime"], "device.info", { ...platformWith({ minRuntime: { linux: "1.9.0" } }), runtime: { kind: "linux", version: "1.10.0" } }, "ALLOWED", "grant", "/grants/device.info"],
  ["026", "a minimum for another kind of runtime", ["runtime"], "device.info", platformWith({ minRuntime: { android: "9.0.0" } }), "ALLOWED", "grant", "/grants/device.info"],
  ["027", "the suspension of another program", ["suspended"], "device.info", platformWith({ suspended: ["com.example.other", "com.example.note"] }), "ALLOWED", "grant", "/grants/device.info"],
  ["028", "a public network call on stale documents, within the grace", ["freshness", "host"], "network.request", { params: { url: URL }, ...stale }, "ALLOWED", "host", "/hosts/0"],
  ["029", "versions that say no more than the question needs", ["version"], "device.info", changed({ versions: [{ code: 12, declares: ["device.info"] }] }), "ALLOWED", "grant", "/grants/device.info"],
];

const beforeGrants: Row[] = [
  ["101", "an API that nobody knows", ["unknown"], "bluetooth.scan", {}, "UNKNOWN_API", "api", null],
  ["102", "a capability that is opened by its verbs alone", ["unknown", "verb"], "storage.local", {}, "UNKNOWN_API", "api", null],
  ["103", "a verb that the capability does not have", ["unknown", "verb"], "device.info.get", {}, "UNKNOWN_API", "api", null],
  ["104", "another letter case", ["unknown"], "Device.Info", {}, "UNKNOWN_API", "api", null],
  ["105", "a member that every object has", ["unknown", "prototype"], "constructor", {}, "UNKNOWN_API", "api", null],
  ["106", "the member that sets a prototype", ["unknown", "prototype"], "__proto__", {}, "UNKNOWN_API", "api", null],
  ["107", "nothing", ["unknown"], "", {}, "UNKNOWN_API", "api", null],
  ["108", "the console is no API", ["unknown"], "console.log", {}, "UNKNOWN_API", "api", null],
  ["109", "a trailing NUL", ["unknown"], "device.info\u0000", {}, "UNKNOWN_API", "api", null],
  ["110", "an unknown API of a suspended program", ["unknown", "order"], "no.such", platformWith({ suspended: ["com.example.notes"] }), "UNKNOWN_API", "api", null],
  ["111", "suspended by the platform", ["suspended"], "device.info", platformWith({ suspended: ["com.example.other", "com.example.notes"] }), "PROGRAM_SUSPENDED", "platform", "/suspended/1"],
  ["112", "suspended in its own document", ["suspended"], "device.info", changed({ status: "suspended" }), "PROGRAM_SUSPENDED", "document", "/status"],
  ["113", "retired", ["suspended"], "device.info", changed({ status: "retired" }), "PROGRAM_SUSPENDED", "document", "/status"],
  ["114", "suspended in both: the platform document first", ["suspended", "order"], "device.info", { ...platformWith({ suspended: ["com.example.notes"] }), ...changed({ status: "suspended" }) }, "PROGRAM_SUSPENDED", "platform", "/suspended/0"],
  ["115", "suspensions act on stale documents", ["suspended", "freshness", "order"], "identity.phone", { ...platformWith({ suspended: ["com.example.notes"] }), now: NOW + 400 * DAY }, "PROGRAM_SUSPENDED", "platform", "/suspended/0"],
  ["116", "a runtime below the minimum", ["runtime"], "device.info", platformWith({ minRuntime: { linux: "1.4.1" } }), "UPGRADE_REQUIRED", "platform", "/minRuntime/linux"],
  ["117", "a version of the runtime that can't be read", ["runtime"], "device.info", { ...platformWith({ minRuntime: { linux: "1.0.0" } }), runtime: { kind: "linux", version: "2.0" } }, "UPGRADE_REQUIRED", "platform", "/minRuntime/linux"],
  ["118", "a version of the program that is not listed", ["version"], "device.info", { versionCode: 13 }, "UPGRADE_REQUIRED", "document", "/versions"],
  ["119", "the runtime before the version", ["order"], "device.info", { ...platformWith({ minRuntime: { linux: "2.0.0" } }), versionCode: 13 }, "UPGRADE_REQUIRED", "platform", "/minRuntime/linux"],
  ["120", "an unlisted version before an old document", ["order", "version"], "device.info", { versionCode: 13, now: NOW + 400 * DAY }, "UPGRADE_REQUIRED", "document", "/versions"],
  ["121", "below the minimum revision: public APIs too", ["revision"], "device.info", platformWith({ minRevisions: { "com.example.notes": 22 } }), "POLICY_EXPIRED", "platform", "/minRevisions/com.example.notes"],
  ["122", "the minimum revision before the time", ["revision", "order"], "identity.phone", { ...platformWith({ minRevisions: { "com.example.notes": 22 } }), ...stale }, "POLICY_EXPIRED", "platform", "/minRevisions/com.example.notes"],
  ["123", "an earlier epoch", ["epoch"], "device.info", changed({ epoch: 2, revision: 999 }), "POLICY_EXPIRED", "platform", "/epoch"],
  ["124", "a later epoch", ["epoch"], "device.info", changed({ epoch: 4 }), "POLICY_EXPIRED", "platform", "/epoch"],
  ["125", "a restricted API at the second of `exp`", ["freshness"], "clipboard.read", { now: NOW + DAY - 3600, ...here(true, true) }, "POLICY_EXPIRED", "document", "/exp"],
  ["126", "a dangerous API on stale documents", ["freshness"], "payments.request", { ...stale, params: { amountMinor: 1, currency: "EUR" } }, "POLICY_EXPIRED", "document", "/exp"],
  ["127", "a program document that ended, under a fresh platform document", ["freshness"], "contacts.read", changed({ exp: NOW }), "POLICY_EXPIRED", "document", "/exp"],
  ["128", "a public API at the end of the grace", ["freshness"], "device.info", { now: NOW + DAY - 3600 + 3 * DAY }, "POLICY_EXPIRED", "document", "/exp"],
  ["129", "no grace at all", ["freshness"], "device.info", { ...platformWith({ graceSeconds: 0 }), ...stale }, "POLICY_EXPIRED", "document", "/exp"],
  ["130", "the grace of a program document counts from its own end", ["freshness"], "device.info", changed({ exp: NOW - 3 * DAY }), "POLICY_EXPIRED", "document", "/exp"],
  ["131", "age before what is granted", ["order", "freshness"], "nfc.read", stale, "POLICY_EXPIRED", "document", "/exp"],
];

const grantRows: Row[] = [
  ["201", "granted, but this version does not declare it", ["declared"], "identity.phone", {}, "PERMISSION_DENIED", "manifest", "/versions/1/declares"],
  ["202", "approving a later version opens nothing to an earlier one", ["declared"], "contacts.read", { versionCode: 11 }, "PERMISSION_DENIED", "manifest", "/versions/0/declares"],
  ["203", "neither declared nor granted: declared first", ["declared", "order"], "webview.open", { params: { url: URL } }, "PERMISSION_DENIED", "manifest", "/versions/1/declares"],
  ["204", "declared, but not granted", ["granted"], "nfc.read", {}, "PERMISSION_DENIED", "grant", null],
  ["205", "a public API that is not granted", ["granted"], "device.info", changed({ grants: {} }), "PERMISSION_DENIED", "grant", null],
  ["206", "a grant at its `until`", ["until"], "haptics.vibrate", {}, "PERMISSION_DENIED", "grant", "/grants/haptics.vibrate/until"],
  ["207", "a grant that is over asks for no consent", ["until", "order"], "camera.capture", { now: NOW + 1 }, "PERMISSION_DENIED", "grant", "/grants/camera.capture/until"],
  ["208", "a grant with an unknown constraint allows nothing", ["inert"], "calendar.write", {}, "PERMISSION_DENIED", "grant", "/grants/calendar.write"],
  ["209", "a grant with an unknown consent allows nothing", ["inert"], "share.send", { consent: "given" }, "PERMISSION_DENIED", "grant", "/grants/share.send"],
  ["210", "nobody was asked yet", ["consent"], "location.precise", {}, "CONSENT_REQUIRED", "consent", "/grants/location.precise/consent"],
  ["211", "the person said no", ["consent"], "location.precise", { consent: "refused" }, "CONSENT_DENIED", "consent", "/grants/location.precise/consent"],
  ["212", "consent before arguments", ["consent", "order"], "network.upload", { params: {} }, "CONSENT_REQUIRED", "consent", "/grants/network.upload/consent"],
  ["213", "consent before the moment", ["consent", "order", "context"], "camera.capture", { consent: "refused" }, "CONSENT_DENIED", "consent", "/grants/camera.capture/consent"],
];

const callRows: Row[] = [
  ["301", "a network call without a URL", ["arguments"], "network.request", { params: {} }, "INVALID_ARGUMENTS", "api", null],
  ["302", "a network call without parameters", ["arguments"], "network.request", {}, "INVALID_ARGUMENTS", "api", null],
  ["303", "a URL that is no text", ["arguments"], "network.request", { params: { url: [URL] } }, "INVALID_ARGUMENTS", "api", null],
  ["304", "a URL of null", ["arguments"], "network.request", { params: { url: null } }, "INVALID_ARGUMENTS", "api", null],
  ["305", "parameters that are a list", ["arguments"], "network.request", { params: [URL] }, "INVALID_ARGUMENTS", "api", null],
  ["306", "parameters that are a text", ["arguments"], "network.request", { params: URL }, "INVALID_ARGUMENTS", "api", null],
  ["307", "the host's own header", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { Host: "evil.test" } } }, "INVALID_ARGUMENTS", "api", null],
  ["308", "the length, in another letter case", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { "cOnTeNt-LeNgTh": "0" } } }, "INVALID_ARGUMENTS", "api", null],
  ["309", "a proxy's header", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { "Proxy-Authorization": "x" } } }, "INVALID_ARGUMENTS", "api", null],
  ["310", "transfer coding", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { "transfer-encoding": "chunked" } } }, "INVALID_ARGUMENTS", "api", null],
  ["311", "connection", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { Connection: "close" } } }, "INVALID_ARGUMENTS", "api", null],
  ["312", "upgrade", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { Upgrade: "h2c" } } }, "INVALID_ARGUMENTS", "api", null],
  ["313", "a line break in a header's value", ["arguments", "headers"], "network.request", { params: { url: URL, headers: { "x-a": "1\r\nHost: evil.test" } } }, "INVALID_ARGUMENTS", "api", null],
  ["314", "a key of 129 bytes", ["arguments"], "storage.local.get", { params: { key: "k".repeat(129) } }, "INVALID_ARGUMENTS", "api", null],
  ["315", "a key of 65 characters and 130 bytes", ["arguments"], "storage.local.get", { params: { key: "\u00fc".repeat(65) } }, "INVALID_ARGUMENTS", "api", null],
  ["316", "an empty key", ["arguments"], "storage.local.remove", { params: { key: "" } }, "INVALID_ARGUMENTS", "api", null],
  ["317", "a key that is a number", ["arguments"], "storage.local.get", { params: { key: 1 } }, "INVALID_ARGUMENTS", "api", null],
  ["318", "arguments before constraints", ["order", "arguments"], "payments.request", { params: { amountMinor: -1, currency: "USD" } }, "INVALID_ARGUMENTS", "api", null],
  ["319", "arguments before the host", ["order", "arguments"], "network.request", { params: { url: "http://evil.test", headers: { Host: "x" } } }, "INVALID_ARGUMENTS", "api", null],
  ["320", "in the background", ["constraint", "context"], "location.coarse", here(false, true), "CONSTRAINT_NOT_MET", "grant", "/grants/location.coarse/constraints/foregroundOnly"],
  ["321", "no context: in the background", ["constraint", "context"], "location.coarse", {}, "CONSTRAINT_NOT_MET", "grant", "/grants/location.coarse/constraints/foregroundOnly"],
  ["322", "no context: no gesture", ["constraint", "context"], "clipboard.read", {}, "CONSTRAINT_NOT_MET", "grant", "/grants/clipboard.read/constraints/gestureRequired"],
  ["323", "more precise than granted", ["constraint"], "location.coarse", { ...here(true, true), params: { precisionMetres: 999 } }, "CONSTRAINT_NOT_MET", "grant", "/grants/location.coarse/constraints/precisionMetres"],
  ["324", "one minor unit too much", ["constraint"], "payments.request", { params: { amountMinor: 5001, currency: "EUR" } }, "CONSTRAINT_NOT_MET", "grant", "/grants/payments.request/constraints/maxAmountMinor"],
  ["325", "a value one byte too long", ["constraint"], "storage.local.set", { params: { key: "k", value: "x".repeat(17) } }, "CONSTRAINT_NOT_MET", "grant", "/grants/storage.local/constraints/maxBytes"],
  ["326", "bytes are counted, not characters", ["constraint"], "storage.local.set", { params: { key: "k", value: "\u20ac".repeat(6) } }, "CONSTRAINT_NOT_MET", "grant", "/grants/storage.local/constraints/maxBytes"],
  ["327", "a media type that is not granted", ["constraint"], "photos.read", { params: { mediaTypes: ["image/png", "image/gif"] } }, "CONSTRAINT_NOT_MET", "grant", "/grants/photos.read/constraints/mediaTypes"],
  ["390", "a Kelvin sign for the k of a media type", ["constraint"], "photos.read", { params: { mediaTypes: ["video/mp4", "image/\u212ang"] } }, "CONSTRAINT_NOT_MET", "grant", "/grants/photos.read/constraints/mediaTypes"],
  ["391", "a blank that is no space or tab around a media type", ["constraint"], "photos.read", { params: { mediaTypes: ["\u00a0image/png"] } }, "CONSTRAINT_NOT_MET", "grant", "/grants/photos.read/constraints/mediaTypes"],
  ["328", "a range wider than what is granted", ["constraint"], "photos.read", { params: { mediaTypes: ["image/*"] } }, "CONSTRAINT_NOT_MET", "grant", "/grants/photos.read/constraints/mediaTypes"],
  ["329", "a third call within the minute", ["rate"], "notifications.show", used(2, 2), "RATE_LIMITED", "grant", "/grants/notifications.show/constraints/perMinute"],
  ["330", "an eleventh call of the day", ["rate"], "notifications.show", used(0, 10), "RATE_LIMITED", "grant", "/grants/notifications.show/constraints/perDay"],
  ["331", "over both: the minute first", ["rate", "order"], "notifications.show", used(5, 50), "RATE_LIMITED", "grant", "/grants/notifications.show/constraints/perMinute"],
  ["332", "none a minute, without a context", ["rate", "context"], "sensors.motion", {}, "RATE_LIMITED", "grant", "/grants/sensors.motion/constraints/perMinute"],
];

const hostRows: Row[] = [
  ["401", "a URL that can't be read", ["host"], "network.request", { params: { url: "https://u@api.allowed.test/" } }, "URL_MALFORMED", "host", null],
  ["402", "http", ["host"], "network.request", { params: { url: "http://api.allowed.test/" } }, "SCHEME_NOT_ALLOWED", "host", null],
  ["403", "a host without a rule", ["host"], "network.request", { params: { url: "https://evil.test/" } }, "HOST_NOT_ALLOWED", "host", null],
  ["404", "a port without a rule", ["host"], "network.request", { params: { url: "https://api.allowed.test:8443/" } }, "PORT_NOT_ALLOWED", "host", "/hosts/0"],
  ["405", "a host for another purpose: the API's last word is the purpose", ["host", "verb"], "network.request", { params: { url: "https://drop.allowed.test/" } }, "PURPOSE_NOT_ALLOWED", "host", "/hosts/2"],
  ["406", "a host that the platform blocks", ["host"], "network.request", { params: { url: "https://a.blocked.test/" } }, "HOST_BLOCKED_BY_PLATFORM", "platform", "/blockedHosts/0"],
  ["407", "the host before the rate", ["host", "order", "rate"], "network.request", { params: { url: "https://evil.test/" }, ...used(30, 30) }, "HOST_NOT_ALLOWED", "host", null],
  ["408", "an allowed host over the rate", ["host", "rate"], "network.request", { params: { url: URL }, ...used(30, 30) }, "RATE_LIMITED", "grant", "/grants/network.request/constraints/perMinute"],
  ["409", "a socket by https", ["host", "verb"], "network.socket", { params: { url: "https://live.allowed.test/" } }, "SCHEME_NOT_ALLOWED", "host", null],
  ["410", "an upload to a host for requests", ["host", "verb"], "network.upload", { consent: "given", params: { url: URL } }, "PURPOSE_NOT_ALLOWED", "host", "/hosts/0"],
  ["411", "an empty URL", ["host"], "network.request", { params: { url: "" } }, "URL_MALFORMED", "host", null],
  ["412", "a context that says only what was used", ["absent", "rate"], "notifications.show", { context: { used: { perDay: 10 } } }, "RATE_LIMITED", "grant", "/grants/notifications.show/constraints/perDay"],
  ["413", "a context that says only that it is in the foreground", ["absent", "context"], "location.coarse", { context: { foreground: true } }, "ALLOWED", "grant", "/grants/location.coarse"],
  ["414", "documents that say only what the question is about", ["absent"], "device.info", { program: { appId: "com.example.notes", status: "active", exp: NOW + 1, versions: [{ code: 12, declares: ["device.info"] }], grants: { "device.info": { consent: "none" } } }, platform: { exp: NOW + 1 } }, "ALLOWED", "grant", "/grants/device.info"],
  ["415", "a platform that says only whom it suspends", ["absent"], "device.info", { platform: { suspended: ["com.example.notes"] } }, "PROGRAM_SUSPENDED", "platform", "/suspended/0"],
  ["416", "a grant that does not say whether it asks", ["absent", "consent"], "device.info", changed({ grants: { "device.info": {} } }), "CONSENT_REQUIRED", "consent", "/grants/device.info/consent"],
];

const toCase = ([id, title, flags, api, more, code, layer, rule]: Row): VectorCase => ({
  id: `api-${id}`,
  title,
  flags,
  input: { api, ...more },
  expect: { decision: code === "ALLOWED" ? "allow" : "deny", code, layer, rule },
});

export const topic: VectorTopic = {
  name: "40-api",
  specClause: "§5 API call",
  op: "api",
  state: { program, platform, versionCode: 12, runtime: { kind: "linux", version: "1.4.0" }, now: NOW },
  notes: {
    absent: "Claims that nobody signed may leave out what the question is not about; what is absent permits nothing (spec §8.5).",
    arguments: "Arguments are checked natively, before anything is done with them.",
    consent: "What asks for consent does nothing until a person has given it.",
    constraint: "A grant is only as wide as its constraints.",
    context: "Without a context nothing speaks for the call: background, no gesture, nothing used.",
    declared: "A grant is for the program, a declaration for the version; both are needed.",
    epoch: "Documents of two epochs must never be mixed.",
    freshness: "Blocked synchronisation must not keep an old policy alive.",
    granted: "Nothing is granted by being declared, not even what is public.",
    headers: "Headers that frame or route a request are the host's alone.",
    host: "A network call is decided by the URL that it carries, for the purpose that its name says.",
    inert: "A grant that this version does not wholly understand allows nothing.",
    order: "The first failing check names the code.",
    prototype: "Looking a name up in an object finds members that nobody registered.",
    rate: "Over a rate nothing is done, and the caller is told when to come back.",
    revision: "A narrowed policy must not be escaped by keeping the older document.",
    runtime: "A runtime with a known hole is kept from running programs.",
    suspended: "A suspension acts at once, whatever else holds.",
    unknown: "An API without a catalogue entry does not exist.",
    until: "Over at the very second.",
    verb: "An API is a capability, or a capability and a verb, and nothing between.",
    version: "A version that the document does not list was withdrawn or never approved.",
  },
  cases: [allowed, beforeGrants, grantRows, callRows, hostRows].flat().map(toCase),
};
