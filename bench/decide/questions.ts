import type { HostPurpose } from "@/native/core/codes";
import type { CallContext } from "@/native/core/decide/check-constraints";
import type { HostRule, PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";

/** One program's policy: 20 host rules and 12 grants, as a busy mini-program of a shop has them. */
export const NOW = 1_700_000_000;
const LATER = NOW + 86_400;

const GRANTS: ProgramClaims["grants"] = {
  "device.info": { consent: "none" },
  "storage.local": { consent: "none" },
  "network.request": { consent: "none", constraints: { perMinute: 120 } },
  "network.upload": { consent: "none" },
  "haptics.vibrate": { consent: "none", constraints: { foregroundOnly: true } },
  "location.coarse": { consent: "ask" },
  "camera.capture": { consent: "ask", constraints: { foregroundOnly: true, gestureRequired: true } },
  "clipboard.read": { consent: "none", constraints: { gestureRequired: true } },
  "notifications.show": { consent: "none", constraints: { perMinute: 5 } },
  "identity.profile": { consent: "none", until: LATER },
  "contacts.read": { consent: "none", until: NOW - 1 },
  "share.send": { consent: "none" },
};

const HOSTS: ProgramClaims["hosts"] = [
  { host: "api.shop.test", ports: [443], purposes: ["request"] },
  { host: "api.shop.test", ports: [8443], purposes: ["request", "upload"] },
  { host: "*.cdn.shop.test", ports: [443], purposes: ["request", "download"] },
  { host: "old.cdn.shop.test", ports: [443], purposes: ["request"], until: NOW - 1 },
  { host: "pay.shop.test", ports: [443], purposes: ["request"], until: LATER },
  { host: "upload.shop.test", ports: [443], purposes: ["upload"] },
  { host: "live.shop.test", ports: [443], purposes: ["socket"] },
  { host: "next.shop.test", ports: [443], purposes: ["request"], fromVersion: 13 },
  { host: "search.shop.test", ports: [443, 9200], purposes: ["request"] },
  { host: "img1.static.test", ports: [443], purposes: ["request", "download"] },
  { host: "img2.static.test", ports: [443], purposes: ["request", "download"] },
  { host: "img3.static.test", ports: [443], purposes: ["request", "download"] },
  { host: "*.maps.test", ports: [443], purposes: ["request"] },
  { host: "tiles.maps.test", ports: [8443], purposes: ["request"] },
  { host: "stats.shop.test", ports: [443], purposes: ["request"] },
  { host: "id.partner.test", ports: [443], purposes: ["request"] },
  { host: "api.partner.test", ports: [443], purposes: ["request"] },
  { host: "xn--bcher-kva.test.example", ports: [443], purposes: ["request"] },
  { host: "reviews.shop.test", ports: [443], purposes: ["request"] },
  { host: "reviews.shop.test", ports: [443], purposes: ["upload"] },
];

const common = { schema: 1 as const, platform: "super.test", epoch: 1, revision: 9, iat: NOW - 60, exp: LATER };
const sha256 = "0".repeat(64);

export const PROGRAM: ProgramClaims = {
  ...common,
  appId: "com.example.shop",
  status: "active",
  versions: [11, 12].map((code) => ({
    code,
    name: `1.${code}`,
    sha256,
    size: 1,
    kid: "k",
    declares: Object.keys(GRANTS).filter((name) => code === 12 || name !== "camera.capture"),
  })),
  publisherKeys: [],
  grants: GRANTS,
  hosts: HOSTS,
  limits: {},
  receives: [],
  externalRoutes: [],
};

export const PLATFORM: PlatformClaims = {
  ...common,
  limits: {},
  blockedHosts: ["ads.test", "stats.shop.test"],
  suspended: [],
  minRevisions: {},
  minRuntime: { linux: "0.1.0" },
  graceSeconds: 259_200,
  telemetry: { intervalSeconds: 60, sampling: 1 },
  auditHead: { sequence: 1, sha256 },
};

/** The same program with as many more host rules as a document of that many bytes holds. */
export function makeLargeProgram(bytes: number): ProgramClaims {
  const rule = (index: number): HostRule => ({
    host: `host-${index}.shop.test`,
    ports: [443, 8443],
    purposes: ["request", "download"],
  });
  const each = JSON.stringify(rule(1000)).length + 1;
  const count = Math.floor((bytes - JSON.stringify(PROGRAM).length) / each);
  return { ...PROGRAM, hosts: [...PROGRAM.hosts, ...Array.from({ length: count }, (_, index) => rule(index))] };
}

export const RUNTIME = { kind: "linux", version: "1.0.0" } as const;

export type Question = { versionCode: number; now: number } & (
  | { kind: "host"; url: string; purpose: HostPurpose }
  | { kind: "api"; api: string; params: Record<string, unknown>; consent?: "given" | "refused"; context: CallContext }
);

const PURPOSES: readonly HostPurpose[] = ["request", "request", "request", "upload", "download", "socket"];
const NAMES = [
  ...HOSTS.map(({ host }) => host.replace("*.", "a.")),
  "b.cdn.shop.test",
  "a.b.cdn.shop.test",
  "cdn.shop.test",
  "x.maps.test",
  "evil.test",
  "px.ads.test",
  "evilapi.shop.test",
];
const PORT_TEXTS = ["", "", "", ":443", ":8443", ":9200", ":80"];
const PATHS = ["/", "/v1/items?page=2&sort=price", "/img/9f8e7d/large.webp#top", "", "/a/b/c/d/e/f"];
const HOSTILE = [
  "https://api.shop.test@evil.test/",
  "https://127.0.0.1/",
  "http://api.shop.test/",
  "https://api.shop.test\\@evil.test/",
  "https://API.SHOP.TEST/x",
  "https://api.shop.test:0443/",
  "javascript:alert(1)",
];
const APIS = [
  ...Object.keys(GRANTS).map((name) => (name === "storage.local" ? "storage.local.get" : name)),
  "nfc.read",
  "no.such",
];

/** The same questions in every run: half about hosts, half about API calls, of which network calls carry a URL. */
export function makeQuestions(count: number): Question[] {
  const random = seededRandom(20_261_122);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const makeUrl = (purpose: HostPurpose) => {
    if (random() < 0.05) return pick(HOSTILE);
    return `${purpose === "socket" ? "wss" : "https"}://${pick(NAMES)}${pick(PORT_TEXTS)}${pick(PATHS)}`;
  };
  return Array.from({ length: count }, (): Question => {
    const moment = { versionCode: pick([11, 12, 12, 12]), now: NOW };
    if (random() < 0.5) {
      const purpose = pick(PURPOSES);
      return { kind: "host", ...moment, url: makeUrl(purpose), purpose };
    }
    const api = pick(APIS);
    const answered = pick([undefined, "given", "given", "refused"] as const);
    return {
      kind: "api",
      ...moment,
      api,
      params: api.startsWith("network.") ? { url: makeUrl("request") } : { key: "basket" },
      ...(answered === undefined ? {} : { consent: answered }),
      context: {
        foreground: random() < 0.8,
        gesture: random() < 0.5,
        used: { perMinute: pick([0, 1, 4, 5]), perDay: 10 },
      },
    };
  });
}

/** mulberry32: small, and the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
