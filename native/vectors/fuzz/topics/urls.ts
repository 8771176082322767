import { mutateText } from "../mutate";
import type { Random } from "../random";

const SCHEMES = [
  "https",
  "https",
  "https",
  "https",
  "wss",
  "wss",
  "http",
  "HTTPS",
  "hTTps",
  "ftp",
  "",
  "a b",
  "1s",
  "x+y",
];
const MARKS = ["://", "://", "://", "://", "://", "://", "://", ":", ":/", ":///", "//", "/", ":\\\\", "::", ""];
const USERS = ["", "", "", "", "", "", "", "", "@", "u@", "u:p@", "a%40b@"];
const HOSTS = [
  "api.allowed.test",
  "a.cdn.allowed.test",
  "cdn.allowed.test",
  "a.b.cdn.allowed.test",
  "live.allowed.test",
  "old.cdn.allowed.test",
  "new.cdn.allowed.test",
  "twice.allowed.test",
  "odd.cdn.allowed.test",
  "x.blocked.test",
  "blocked.test",
  "xblocked.test",
  "a.b.c.test",
  "localhost",
  "127.0.0.1",
  "0x7f.1",
  "a.0x7f",
  "a.1",
  "1.a",
  "[::1]",
  "[::1",
  "[a]:b]",
  "a]",
  "[[a]",
  "a..b",
  ".a.b",
  "a.b.",
  "-a.b",
  "a-.b",
  "a_b.c",
  "a%2eb.c",
  "*.cdn.allowed.test",
  "",
];
const PORTS = [
  "",
  "",
  "",
  "",
  ":443",
  ":8443",
  ":9443",
  ":1",
  ":65535",
  ":65536",
  ":0",
  ":",
  ":0443",
  ":+1",
  ":80:443",
];
const TAILS = [
  "",
  "",
  "/",
  "/a",
  "?a",
  "#a",
  "/@b",
  "?x:1",
  "/a?b#c",
  "/\\",
  "/é",
  "/\u{1f600}?ü#ß",
  "/a b",
  "/..//x",
  "/\ud800",
];

/** A URL of the shapes that a host decision looks at; most with a host that some rule names. */
export function drawUrl(random: Random): string {
  const parts = [SCHEMES, MARKS, USERS].map((pool) => random.pick(pool)).join("");
  const host = random.oneIn(10) ? longHost(random) : random.pick(HOSTS);
  const spelt = random.oneIn(8) ? host.toUpperCase() : host;
  const url = `${parts}${spelt}${random.pick(PORTS)}${random.pick(TAILS)}`;
  return random.oneIn(4) ? mutateText(url, random) : url;
}

/** A host about the limits of 63 and 253 characters. */
function longHost(random: Random): string {
  const label = "a".repeat(random.pick([1, 61, 62, 63, 64]));
  const host = Array.from({ length: random.integer(1, 5) }, () => label).join(".");
  return random.oneIn(2) ? host : `${host}.${"b.".repeat(126)}`.slice(-random.pick([251, 252, 253, 254]));
}

export function drawHost(random: Random): string {
  const host = random.pick(HOSTS.slice(0, 13));
  if (random.oneIn(8)) return host.toUpperCase();
  return random.oneIn(6) ? mutateText(host, random) : host;
}
