import type { HostPurpose } from "@/native/core/codes";

/** A call that a program makes while it is used. */
export type Habit = {
  api: string;
  /** Of a network call. */
  url?: string;
  purpose?: HostPurpose;
  /** Calls a minute of use, about. */
  perMinute: number;
  /** How much of it comes in each minute's first second, where it comes at once. */
  burst?: number;
};

/** What one release asks for and does. */
export type Release = {
  code: number;
  name: string;
  permissions: readonly { name: string; reason: string }[];
  network: readonly { host: string; reason: string; purposes?: readonly HostPurpose[] }[];
  optionalHosts?: readonly string[];
  habits: readonly Habit[];
  cpuMsPerMinute: number;
  memoryMiB: number;
  /** What a session leaves in its storage, about. */
  keepsBytes?: number;
  /** Falls the first time that it is opened, and each so many times after that. */
  crashesOnStart?: number;
};

export type PastProgram = {
  appId: string;
  name: string;
  publisher: string;
  /** What is allowed at first, beside what a listing grants by itself. */
  grants: Readonly<Record<string, { consent: "none" | "ask"; constraints?: Record<string, unknown> }>>;
  hosts: readonly { host: string; purposes: readonly HostPurpose[] }[];
  limits?: Readonly<Record<string, { max: number; action: string }>>;
  /** How often it is opened, beside the others, and for how many minutes. */
  weight: number;
  minutes: number;
  /** Hours of the day in which most of its use lies. */
  hours: readonly [number, number];
  first: Release;
};

const NETWORK = "network.request";
const STORAGE = { name: "storage.local", reason: "Keeps your settings and what you did last." };
const asks = (host: string, path: string, perMinute: number, burst?: number): Habit => ({
  ...{ api: NETWORK, url: `https://${host}${path}`, purpose: "request" as const, perMinute },
  ...(burst === undefined ? {} : { burst }),
});
const reads = (perMinute: number): Habit => ({ api: "storage.local.get", perMinute });
const network = (reason: string) => ({ name: NETWORK, reason });

/** Five publishers' programs, as they were two weeks ago. */
export const PAST_PROGRAMS: readonly PastProgram[] = [
  {
    appId: "example.northwind.departures",
    name: "Departures",
    publisher: "Northwind Transit",
    grants: { "location.coarse": { consent: "ask" } },
    hosts: [{ host: "api.northwind.example", purposes: ["request"] }],
    ...{ weight: 9, minutes: 4, hours: [6, 10] },
    first: {
      ...{ code: 12, name: "4.2.0", cpuMsPerMinute: 420, memoryMiB: 34, keepsBytes: 180_000 },
      permissions: [
        network("Shows when the next train leaves."),
        STORAGE,
        { name: "location.coarse", reason: "Finds stops near you." },
      ],
      network: [{ host: "api.northwind.example", reason: "Timetables and delays." }],
      habits: [
        asks("api.northwind.example", "/v2/departures", 8),
        reads(6),
        { api: "location.coarse", perMinute: 0.5 },
      ],
    },
  },
  {
    appId: "example.northwind.tickets",
    name: "Northwind Tickets",
    publisher: "Northwind Transit",
    grants: { "payments.request": { consent: "ask", constraints: { currency: "EUR", maxAmountMinor: 12_000 } } },
    hosts: [{ host: "api.northwind.example", purposes: ["request"] }],
    ...{ weight: 4, minutes: 3, hours: [6, 10] },
    first: {
      ...{ code: 7, name: "2.0.1", cpuMsPerMinute: 380, memoryMiB: 38, keepsBytes: 420_000 },
      permissions: [
        network("Buys and shows tickets."),
        STORAGE,
        { name: "payments.request", reason: "Pays for your ticket." },
      ],
      network: [{ host: "api.northwind.example", reason: "Fares and tickets." }],
      habits: [asks("api.northwind.example", "/v2/fares", 5), reads(8)],
    },
  },
  {
    appId: "example.northwind.bikes",
    name: "City Bikes",
    publisher: "Northwind Transit",
    grants: { "location.precise": { consent: "ask", constraints: { foregroundOnly: true } } },
    hosts: [{ host: "bikes.northwind.example", purposes: ["request"] }],
    ...{ weight: 3, minutes: 6, hours: [15, 20] },
    first: {
      ...{ code: 3, name: "1.3.0", cpuMsPerMinute: 900, memoryMiB: 52 },
      permissions: [
        network("Shows free bikes."),
        STORAGE,
        { name: "location.precise", reason: "Leads you to the bike." },
        { name: "bluetooth.connect", reason: "Opens the bike's lock." },
      ],
      network: [{ host: "bikes.northwind.example", reason: "Bikes and stations." }],
      habits: [
        asks("bikes.northwind.example", "/v1/near", 10),
        { api: "location.precise", perMinute: 6 },
        { api: "bluetooth.connect", perMinute: 0.2 },
        reads(2),
      ],
    },
  },
  {
    appId: "example.saffron.orders",
    name: "Saffron Orders",
    publisher: "Saffron Kitchen",
    grants: {},
    hosts: [{ host: "orders.saffron.example", purposes: ["request"] }],
    ...{ weight: 7, minutes: 7, hours: [17, 21] },
    first: {
      ...{ code: 20, name: "5.0.0", cpuMsPerMinute: 760, memoryMiB: 61, keepsBytes: 900_000 },
      permissions: [network("Sends your order to the kitchen."), STORAGE],
      network: [{ host: "orders.saffron.example", reason: "Menus and orders." }],
      habits: [asks("orders.saffron.example", "/menu", 14), reads(10), { api: "storage.local.set", perMinute: 3 }],
    },
  },
  {
    appId: "example.saffron.tables",
    name: "Saffron Tables",
    publisher: "Saffron Kitchen",
    grants: { "notifications.show": { consent: "ask", constraints: { perDay: 6 } } },
    hosts: [{ host: "orders.saffron.example", purposes: ["request"] }],
    ...{ weight: 2, minutes: 3, hours: [11, 20] },
    first: {
      ...{ code: 5, name: "1.2.0", cpuMsPerMinute: 300, memoryMiB: 33 },
      permissions: [
        network("Books your table."),
        STORAGE,
        { name: "notifications.show", reason: "Says when your table is ready." },
        { name: "contacts.read", reason: "Invites friends to your table." },
      ],
      network: [{ host: "orders.saffron.example", reason: "Tables and bookings." }],
      habits: [
        asks("orders.saffron.example", "/tables", 6),
        { api: "notifications.show", perMinute: 0.1 },
        { api: "contacts.read", perMinute: 0.15 },
      ],
    },
  },
  {
    appId: "example.lantern.words",
    name: "Word Garden",
    publisher: "Paper Lantern Games",
    grants: {},
    hosts: [{ host: "play.lantern.example", purposes: ["request", "socket"] }],
    ...{ weight: 8, minutes: 12, hours: [18, 23] },
    first: {
      ...{ code: 31, name: "3.1.0", cpuMsPerMinute: 1_600, memoryMiB: 72, keepsBytes: 2_400_000 },
      permissions: [network("Loads puzzles."), STORAGE, { name: "haptics.vibrate", reason: "Taps when a word fits." }],
      network: [
        { host: "play.lantern.example", reason: "Puzzles." },
        { host: "cdn.lantern.example", reason: "Pictures of new gardens." },
      ],
      optionalHosts: ["cdn.lantern.example"],
      habits: [
        asks("play.lantern.example", "/puzzle", 4),
        asks("cdn.lantern.example", "/gardens", 0.4),
        reads(12),
        { api: "haptics.vibrate", perMinute: 9 },
      ],
    },
  },
  {
    appId: "example.lantern.blocks",
    name: "Block Drift",
    publisher: "Paper Lantern Games",
    grants: {},
    hosts: [{ host: "play.lantern.example", purposes: ["request"] }],
    ...{ weight: 6, minutes: 10, hours: [12, 23] },
    first: {
      ...{ code: 14, name: "2.4.0", cpuMsPerMinute: 2_900, memoryMiB: 88, keepsBytes: 700_000 },
      permissions: [network("Loads levels."), STORAGE, { name: "sensors.motion", reason: "Tilts the board." }],
      network: [{ host: "play.lantern.example", reason: "Levels and scores." }],
      habits: [asks("play.lantern.example", "/levels", 3), reads(9), { api: "sensors.motion", perMinute: 1 }],
    },
  },
  {
    appId: "example.lantern.chess",
    name: "Pocket Chess",
    publisher: "Paper Lantern Games",
    grants: { "network.socket": { consent: "none" } },
    hosts: [{ host: "play.lantern.example", purposes: ["socket", "request"] }],
    ...{ weight: 4, minutes: 14, hours: [19, 23] },
    first: {
      ...{ code: 9, name: "1.9.2", cpuMsPerMinute: 1_200, memoryMiB: 57 },
      permissions: [
        network("Finds an opponent."),
        STORAGE,
        { name: "network.socket", reason: "Moves arrive at once." },
      ],
      network: [{ host: "play.lantern.example", purposes: ["socket", "request"], reason: "Games." }],
      habits: [asks("play.lantern.example", "/match", 2), reads(4)],
    },
  },
  {
    appId: "example.kestrel.steps",
    name: "Step Counter",
    publisher: "Kestrel Health",
    grants: { "sensors.motion": { consent: "ask" } },
    hosts: [{ host: "sync.kestrel.example", purposes: ["request"] }],
    ...{ weight: 5, minutes: 3, hours: [7, 22] },
    first: {
      ...{ code: 18, name: "2.8.0", cpuMsPerMinute: 520, memoryMiB: 29, keepsBytes: 1_100_000 },
      permissions: [network("Keeps your steps safe."), STORAGE, { name: "sensors.motion", reason: "Counts steps." }],
      network: [{ host: "sync.kestrel.example", reason: "Your history." }],
      habits: [asks("sync.kestrel.example", "/v1/steps", 2), { api: "sensors.motion", perMinute: 20 }, reads(4)],
    },
  },
  {
    appId: "example.kestrel.pharmacy",
    name: "Pharmacy Pickup",
    publisher: "Kestrel Health",
    grants: { "identity.profile": { consent: "ask", constraints: { fields: ["nickname"] } } },
    hosts: [{ host: "pickup.kestrel.example", purposes: ["request"] }],
    ...{ weight: 2, minutes: 4, hours: [9, 18] },
    first: {
      ...{ code: 6, name: "1.1.0", cpuMsPerMinute: 310, memoryMiB: 36 },
      permissions: [
        network("Asks whether your order is ready."),
        STORAGE,
        { name: "identity.profile", reason: "Says who picks up." },
        { name: "camera.capture", reason: "Reads the code on a prescription." },
      ],
      network: [{ host: "pickup.kestrel.example", reason: "Orders." }],
      habits: [
        asks("pickup.kestrel.example", "/orders", 4),
        { api: "identity.profile", perMinute: 0.3 },
        { api: "camera.capture", perMinute: 0.2 },
      ],
    },
  },
  {
    appId: "example.harbourlight.news",
    name: "Harbourlight News",
    publisher: "Harbourlight Media",
    grants: { "share.send": { consent: "none" } },
    hosts: [
      { host: "news.harbourlight.example", purposes: ["request"] },
      { host: "img.harbourlight.example", purposes: ["request"] },
    ],
    limits: { requestsPerSecond: { max: 20, action: "throttle" } },
    ...{ weight: 9, minutes: 6, hours: [6, 9] },
    first: {
      ...{ code: 44, name: "7.3.0", cpuMsPerMinute: 980, memoryMiB: 66, keepsBytes: 3_800_000 },
      permissions: [network("Loads the news."), STORAGE, { name: "share.send", reason: "Sends an article on." }],
      network: [
        { host: "news.harbourlight.example", reason: "Articles." },
        { host: "img.harbourlight.example", reason: "Pictures." },
      ],
      habits: [
        asks("news.harbourlight.example", "/front", 12),
        asks("img.harbourlight.example", "/i", 34, 26),
        asks("px.adlantern.example", "/v", 1.5),
        reads(5),
      ],
    },
  },
  {
    appId: "example.harbourlight.radio",
    name: "Harbourlight Radio",
    publisher: "Harbourlight Media",
    grants: {},
    hosts: [{ host: "live.harbourlight.example", purposes: ["request"] }],
    ...{ weight: 3, minutes: 15, hours: [7, 19] },
    first: {
      ...{ code: 8, name: "1.5.0", cpuMsPerMinute: 1_100, memoryMiB: 44 },
      permissions: [network("Plays the radio."), STORAGE],
      network: [{ host: "live.harbourlight.example", reason: "Sound." }],
      habits: [asks("live.harbourlight.example", "/segments", 20), reads(1)],
    },
  },
];

export function programOf(appId: string): PastProgram {
  const found = PAST_PROGRAMS.find((program) => program.appId === appId);
  if (found === undefined) throw new Error(`there is no program ${appId}`);
  return found;
}

/** Releases that came since. */
export const LATER_RELEASES = {
  /** Starts to ask for a map, and for a host that nobody listed. */
  orders: {
    ...{ code: 21, name: "5.1.0", cpuMsPerMinute: 880, memoryMiB: 70, keepsBytes: 1_200_000 },
    permissions: [network("Sends your order to the kitchen, and shows where it is."), STORAGE],
    network: [
      { host: "orders.saffron.example", reason: "Menus and orders." },
      { host: "maps.saffron.example", reason: "Shows where your order is." },
    ],
    optionalHosts: ["maps.saffron.example"],
    habits: [
      asks("orders.saffron.example", "/menu", 14),
      asks("maps.saffron.example", "/tiles", 9),
      asks("px.adlantern.example", "/v", 0.8),
      reads(10),
      { api: "storage.local.set", perMinute: 3 },
    ],
  },
  /** Computes more than it should, until a limit holds it back. */
  blocks: {
    ...{ code: 15, name: "2.5.0", cpuMsPerMinute: 4_700, memoryMiB: 97, keepsBytes: 800_000 },
    permissions: [network("Loads levels."), STORAGE, { name: "sensors.motion", reason: "Tilts the board." }],
    network: [{ host: "play.lantern.example", reason: "Levels and scores." }],
    habits: [asks("play.lantern.example", "/levels", 3), reads(9), { api: "sensors.motion", perMinute: 1 }],
  },
  /** Falls on every third start; suspended in the evening, after another one by mistake. */
  radio: {
    ...{ code: 9, name: "1.6.0", cpuMsPerMinute: 1_300, memoryMiB: 49, crashesOnStart: 3 },
    permissions: [network("Plays the radio."), STORAGE],
    network: [{ host: "live.harbourlight.example", reason: "Sound." }],
    habits: [asks("live.harbourlight.example", "/segments", 20), reads(1)],
  },
  radioMended: {
    ...{ code: 10, name: "1.6.1", cpuMsPerMinute: 1_150, memoryMiB: 45 },
    permissions: [network("Plays the radio."), STORAGE],
    network: [{ host: "live.harbourlight.example", reason: "Sound." }],
    habits: [asks("live.harbourlight.example", "/segments", 20), reads(1)],
  },
  /** Asks for contacts without saying why: refused. */
  pharmacy: {
    ...{ code: 7, name: "1.2.0", cpuMsPerMinute: 330, memoryMiB: 37 },
    permissions: [
      network("Asks whether your order is ready."),
      STORAGE,
      { name: "contacts.read", reason: "Contacts." },
      { name: "identity.profile", reason: "Says who picks up." },
    ],
    network: [{ host: "pickup.kestrel.example", reason: "Orders." }],
    habits: [asks("pickup.kestrel.example", "/orders", 4)],
  },
} as const satisfies Record<string, Release>;

export type PlannedDevice = {
  name: string;
  labels: Readonly<Record<string, string>>;
  programs: readonly string[];
  /** A layer of confinement that cannot be had on it. */
  missingLayer?: string;
  /** Lost, and revoked, in the second week. */
  isLost?: true;
};

const REGIONS = ["eu", "eu", "us", "apac"] as const;
/** Each has about half of the programs; those in shops have two. */
export const PAST_DEVICES: readonly PlannedDevice[] = Array.from({ length: 24 }, (_, n) => {
  const isKiosk = n % 6 === 5;
  const programs = isKiosk
    ? ["example.saffron.orders", "example.saffron.tables"]
    : PAST_PROGRAMS.filter((_program, nth) => (nth * 7 + n * 5) % 12 < 6).map(({ appId }) => appId);
  return {
    name: isKiosk ? `Kiosk ${String(n + 1).padStart(2, "0")}` : `Tablet ${String(n + 1).padStart(2, "0")}`,
    labels: { region: REGIONS[n % 4] ?? "eu", channel: n % 8 === 0 ? "canary" : "stable" },
    programs,
    ...(n === 17 ? { missingLayer: "userns" } : {}),
    ...(n === 4 ? { isLost: true as const } : {}),
  };
});
