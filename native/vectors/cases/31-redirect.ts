import type { VectorCase, VectorTopic } from "../vector-topic";
import { NOW, platformClaims, programClaims } from "./policy-claims";

const hosts = [
  { host: "api.allowed.test", ports: [443, 8443], purposes: ["request"] },
  { host: "other.allowed.test", ports: [443], purposes: ["request"] },
  { host: "files.allowed.test", ports: [443], purposes: ["download"] },
  { host: "past.allowed.test", ports: [443], purposes: ["request"], until: NOW },
];

type Row = [id: string, title: string, flags: string[], from: string, url: string, hop: number, code: string];

const FROM = "https://api.allowed.test/a/b/c?q=1#f";

const rows: Row[] = [
  ["001", "an absolute location on the same host", [], FROM, "https://api.allowed.test/next", 1, "ALLOWED"],
  ["002", "an absolute location on another allowed host", [], FROM, "https://other.allowed.test/", 1, "ALLOWED"],
  ["003", "a path", ["relative"], FROM, "/next", 1, "ALLOWED"],
  ["004", "a relative path", ["relative"], FROM, "next", 2, "ALLOWED"],
  ["005", "a path that climbs above the root stays on the host", ["relative"], FROM, "../../../../../next", 1, "ALLOWED"],
  ["006", "a query alone", ["relative"], FROM, "?page=2", 1, "ALLOWED"],
  ["007", "a fragment alone", ["relative"], FROM, "#top", 1, "ALLOWED"],
  ["008", "nothing: the same document", ["relative"], FROM, "", 1, "ALLOWED"],
  ["009", "an authority takes the scheme of where it comes from", ["relative"], FROM, "//other.allowed.test/x", 1, "ALLOWED"],
  ["010", "a relative location keeps the port", ["relative", "port"], "https://api.allowed.test:8443/x", "y", 1, "ALLOWED"],
  ["011", "the fifth hop", ["hop"], FROM, "/five", 5, "ALLOWED"],
  ["012", "upper case in the location", ["case"], FROM, "HTTPS://OTHER.allowed.test/", 1, "ALLOWED"],
  ["013", "a relative location from an empty path", ["relative"], "https://api.allowed.test", "x", 1, "ALLOWED"],
  ["014", "a first segment with a colon, kept from being a scheme", ["relative"], FROM, "./a:b", 1, "ALLOWED"],
  ["101", "the sixth hop", ["hop"], FROM, "/six", 6, "REDIRECT_NOT_ALLOWED"],
  ["102", "the sixth hop is looked at before the URL", ["hop", "order"], FROM, "http://u@evil.test:0/", 6, "REDIRECT_NOT_ALLOWED"],
  ["103", "the thousandth hop", ["hop"], FROM, "/", 1000, "REDIRECT_NOT_ALLOWED"],
  ["104", "to a host that no rule names", [], FROM, "https://evil.test/", 1, "HOST_NOT_ALLOWED"],
  ["105", "an authority alone to a host that no rule names", ["relative"], FROM, "//evil.test/x", 1, "HOST_NOT_ALLOWED"],
  ["106", "down to http", ["scheme"], FROM, "http://api.allowed.test/", 1, "SCHEME_NOT_ALLOWED"],
  ["107", "to the metadata service", ["ip"], FROM, "https://169.254.169.254/latest/", 1, "HOST_MALFORMED"],
  ["108", "to the metadata service by http", ["scheme", "ip"], FROM, "http://169.254.169.254/latest/", 1, "SCHEME_NOT_ALLOWED"],
  ["109", "to loopback", ["ip"], FROM, "https://localhost/", 1, "HOST_MALFORMED"],
  ["110", "to script", ["scheme"], FROM, "javascript:alert(1)", 1, "URL_MALFORMED"],
  ["111", "to data", ["scheme"], FROM, "data:text/plain,hello", 1, "URL_MALFORMED"],
  ["112", "a scheme without an authority is not joined", ["scheme"], FROM, "https:next", 1, "URL_MALFORMED"],
  ["113", "a backslash for a slash", ["backslash"], FROM, "/\\evil.test/", 1, "URL_MALFORMED"],
  ["114", "two backslashes", ["backslash"], FROM, "\\\\evil.test/", 1, "URL_MALFORMED"],
  ["115", "an allowed host as user", ["userinfo"], FROM, "https://api.allowed.test@evil.test/", 1, "URL_MALFORMED"],
  ["116", "an allowed host as user, without a scheme", ["userinfo", "relative"], FROM, "//api.allowed.test@evil.test/", 1, "URL_MALFORMED"],
  ["117", "a space in the path", ["whitespace"], FROM, "/a b", 1, "URL_MALFORMED"],
  ["118", "a line break, to begin a header", ["whitespace"], FROM, "/a\r\nSet-Cookie: x=1", 1, "URL_MALFORMED"],
  ["119", "a tab before a slash", ["whitespace"], FROM, "/\t/evil.test/", 1, "URL_MALFORMED"],
  ["120", "an unencoded character beyond ASCII", ["unicode"], FROM, "/\u00fc", 1, "URL_MALFORMED"],
  ["121", "to a port that the rule does not name", ["port"], FROM, "https://other.allowed.test:8443/", 1, "PORT_NOT_ALLOWED"],
  ["122", "to port 0", ["port"], FROM, "https://api.allowed.test:0/", 1, "URL_MALFORMED"],
  ["123", "to a host for another purpose", ["purpose"], FROM, "https://files.allowed.test/", 1, "PURPOSE_NOT_ALLOWED"],
  ["124", "to a rule that is over", ["until"], FROM, "https://past.allowed.test/", 1, "HOST_NOT_ALLOWED"],
  ["125", "to a host that the platform blocks", ["blocked"], FROM, "https://x.blocked.test/", 1, "HOST_BLOCKED_BY_PLATFORM"],
  ["126", "three slashes: an empty authority", ["relative"], FROM, "///evil.test/", 1, "HOST_MALFORMED"],
  ["127", "a colon in the first segment makes a scheme", ["scheme"], FROM, "evil.test:443/", 1, "URL_MALFORMED"],
  ["128", "an empty authority", ["relative"], FROM, "//", 1, "HOST_MALFORMED"],
  ["129", "ws", ["scheme"], FROM, "wss://api.allowed.test/", 1, "SCHEME_NOT_ALLOWED"],
];

const toCase = ([id, title, flags, from, url, hop, code]: Row): VectorCase => ({
  id: `redirect-${id}`,
  title,
  flags,
  input: { from, url, hop },
  expect: { decision: code === "ALLOWED" ? "allow" : "deny", code },
});

export const topic: VectorTopic = {
  name: "31-redirect",
  specClause: "§5 Address",
  op: "redirect",
  state: {
    program: programClaims({ hosts }),
    platform: platformClaims({ blockedHosts: ["blocked.test"] }),
    versionCode: 12,
    purpose: "request",
    now: NOW,
  },
  notes: {
    backslash: "A joined `/\\host` is another origin to parsers that take `\\` for `/`.",
    blocked: "A redirect reaches what is blocked no more than a request does.",
    case: "Schemes and hosts are compared in lower case.",
    hop: "Five hops are followed; an endless chain holds a request open.",
    ip: "Redirects are the usual way from an allowed host to the network inside.",
    order: "The count is looked at first.",
    port: "Each hop is decided with its own port.",
    purpose: "Each hop is decided for the purpose of the request.",
    relative: "A relative location is joined as RFC 3986 says, and decided as an absolute one.",
    scheme: "A location with a scheme is never joined.",
    unicode: "Nothing is encoded on the way.",
    until: "A rule that is over opens no hop either.",
    userinfo: "What stands before an at sign looks like a host.",
    whitespace: "Characters that some clients drop would change the URL after the decision.",
  },
  cases: rows.map(toCase),
};
