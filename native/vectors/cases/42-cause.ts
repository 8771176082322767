import { createHash } from "node:crypto";
import { caseTable } from "../craft/case-table";
import type { VectorTopic } from "../vector-topic";

type Asked = { appId?: string; versionCode?: number; code?: string; api?: string; url?: string; purpose?: string };

const state = { appId: "com.example.notes", versionCode: 12, code: "HOST_NOT_ALLOWED", api: "network.request" };
/** The key of what the lines of a cause are, typed out. */
const key = (...lines: string[]) => ({
  cause: createHash("sha256").update(lines.join("\n"), "utf8").digest("hex").slice(0, 16),
});
const about = (subject: string, { appId, versionCode, code }: Asked = {}) =>
  key(appId ?? state.appId, String(versionCode ?? state.versionCode), code ?? state.code, subject);
const to = (url: string, purpose = "request"): Asked => ({ url, purpose });

export const topic: VectorTopic = {
  name: "42-cause",
  specClause: "§5",
  op: "cause",
  state,
  notes: {
    host: "Two runtimes that name one refused host differently show one cause as two.",
    api: "What cannot be read as a host is about its API, or a program makes causes without end.",
    text: "The name of an API is a program's text: it is told within a bound, and is always text.",
  },
  cases: caseTable("cause", [
    ["001", "a call without a URL is about its API", ["api"], { code: "PERMISSION_DENIED", api: "contacts.read" }, about("contacts.read", { code: "PERMISSION_DENIED" })],
    ["002", "a URL's host with the port that it leaves out", ["host"], to("https://evil.test/path?q#f"), about("evil.test:443")],
    ["003", "a host in capitals, and a port", ["host"], to("HTTPS://EVIL.Test:8443"), about("evil.test:8443")],
    ["004", "a socket", ["host"], to("wss://evil.test/", "socket"), about("evil.test:443")],
    ["005", "the port that is left out, written out", ["host"], to("https://evil.test:443/"), about("evil.test:443")],
    ["006", "a host that is named by its xn-- labels", ["host"], to("https://xn--bcher-kva.test/"), about("xn--bcher-kva.test:443")],
    ["007", "another version", [], { ...to("https://evil.test/"), versionCode: 13 }, about("evil.test:443", { versionCode: 13 })],
    ["008", "another program", [], { ...to("https://evil.test/"), appId: "com.example.other" }, about("evil.test:443", { appId: "com.example.other" })],
    ["009", "a code of the network boundary", [], { ...to("https://evil.test/"), code: "PIN_MISMATCH" }, about("evil.test:443", { code: "PIN_MISMATCH" })],
    ["010", "a limit is about the host, where the URL names one", ["host"], { ...to("https://evil.test/"), code: "RATE_LIMITED" }, about("evil.test:443", { code: "RATE_LIMITED" })],
    ["101", "a URL without a purpose", ["api"], { url: "https://evil.test/" }, about("network.request")],
    ["102", "a purpose without a URL", ["api"], { purpose: "request" }, about("network.request")],
    ["103", "a scheme that is another purpose's", ["api"], to("https://evil.test/", "socket"), about("network.request")],
    ["104", "a scheme of no purpose", ["api"], { ...to("http://evil.test/"), code: "SCHEME_NOT_ALLOWED" }, about("network.request", { code: "SCHEME_NOT_ALLOWED" })],
    ["105", "userinfo", ["api"], { ...to("https://a@evil.test/"), code: "URL_MALFORMED" }, about("network.request", { code: "URL_MALFORMED" })],
    ["106", "an address for a host", ["api"], { ...to("https://127.0.0.1/"), code: "HOST_MALFORMED" }, about("network.request", { code: "HOST_MALFORMED" })],
    ["107", "a port that is none", ["api"], { ...to("https://evil.test:0/"), code: "URL_MALFORMED" }, about("network.request", { code: "URL_MALFORMED" })],
    ["108", "an empty URL", ["api"], { ...to(""), code: "URL_MALFORMED" }, about("network.request", { code: "URL_MALFORMED" })],
    ["201", "an API of 128 characters", ["text"], { code: "UNKNOWN_API", api: "a".repeat(128) }, about("a".repeat(128), { code: "UNKNOWN_API" })],
    ["202", "an API of 129 characters", ["text"], { code: "UNKNOWN_API", api: "a".repeat(129) }, about("a".repeat(128), { code: "UNKNOWN_API" })],
    ["203", "a character of two units at the end of what is told", ["text"], { code: "UNKNOWN_API", api: `${"a".repeat(126)}\u{1f600}b` }, about(`${"a".repeat(126)}\u{1f600}`, { code: "UNKNOWN_API" })],
    ["204", "a character that would be cut", ["text"], { code: "UNKNOWN_API", api: `${"a".repeat(127)}\u{1f600}` }, about("a".repeat(127), { code: "UNKNOWN_API" })],
    ["205", "half of a pair", ["text"], { code: "UNKNOWN_API", api: "a\ud800b" }, about("a\ufffdb", { code: "UNKNOWN_API" })],
    ["206", "an API without a name", ["text"], { code: "UNKNOWN_API", api: "" }, about("?", { code: "UNKNOWN_API" })],
    ["207", "line feeds in an API's name", ["text"], { code: "UNKNOWN_API", api: "a\nb" }, about("a\nb", { code: "UNKNOWN_API" })],
    ["208", "the halves of the last pair, the first of them alone at the end", ["text"], { code: "UNKNOWN_API", api: `${"a".repeat(127)}\ud800` }, about(`${"a".repeat(127)}\ufffd`, { code: "UNKNOWN_API" })],
    ["209", "a half at the end of what is told that begins no pair", ["text"], { code: "UNKNOWN_API", api: `${"a".repeat(127)}\ud800b` }, about(`${"a".repeat(127)}\ufffd`, { code: "UNKNOWN_API" })],
  ]),
};
