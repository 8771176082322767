import { API_CODES, HOST_PURPOSES } from "../../core/codes";
import type { VectorCase, VectorTopic } from "../vector-topic";

type Members = Record<string, unknown>;
type Row = [id: string, title: string, flags: string[], increments: Members[], entry: Members];

const AT = 1_800_000_000;
const MOST = Number.MAX_SAFE_INTEGER;
const nothing = {
  at: AT,
  cpuMs: 0,
  memoryBytesMax: 0,
  requests: 0,
  blocked: 0,
  bytesIn: 0,
  bytesOut: 0,
  inFlightMax: 0,
  apis: {},
  hosts: [],
  throttledMs: 0,
  crashes: 0,
  denials: [],
};
const [purpose, upload] = HOST_PURPOSES;
const host = (name: string, more: Members = {}) => ({ host: name, port: 443, purpose, ...more });
const cause = (index: number) => index.toString(16).padStart(16, "0");
const denial = (index: number, count = 1, more: Members = {}) => ({
  ...{ cause: cause(index), code: API_CODES[0], layer: "api", rule: null, api: "a.b", count },
  ...more,
});
const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
const applied = (epoch: number, platform: number, program: number) => ({ applied: { epoch, platform, program } });
const apis = (from: number, length: number) =>
  Object.fromEntries(list(length, (index) => [`api.n${from + index}`, { allowed: 1, denied: 2 }]));

const named = (counts: string): Members => JSON.parse(`{"apis":{"__proto__":${counts},"constructor":${counts}}}`);

const rows: Row[] = [
  ["001", "no increment", ["absent"], [], {}],
  ["002", "an increment that says nothing", ["absent"], [{}], {}],
  ["003", "counters add", ["counter"], [{ cpuMs: 1, requests: 2, blocked: 3, bytesIn: 4, bytesOut: 5, throttledMs: 6, crashes: 7 }, { cpuMs: 10, requests: 10, blocked: 10, bytesIn: 10, bytesOut: 10, throttledMs: 10, crashes: 10 }], { cpuMs: 11, requests: 12, blocked: 13, bytesIn: 14, bytesOut: 15, throttledMs: 16, crashes: 17 }],
  ["004", "of maxima the greater stays, whichever came first", ["maximum"], [{ memoryBytesMax: 9, inFlightMax: 1 }, { memoryBytesMax: 3, inFlightMax: 4 }], { memoryBytesMax: 9, inFlightMax: 4 }],
  ["005", "a sum stays at 2^53−1", ["counter"], [{ bytesIn: MOST }, { bytesIn: 1 }, { bytesIn: MOST }], { bytesIn: MOST }],
  ["006", "what no increment tells of stays absent", ["absent"], [{ bridgeCalls: 3 }], { bridgeCalls: 3 }],
  ["007", "a zero that was told is there", ["absent"], [{ bridgeCalls: 0, requestsPerSecondMax: 0, bridgeCallsPerSecondMax: 0, storageBytesMax: 0, cacheBytesMax: 0 }], { bridgeCalls: 0, requestsPerSecondMax: 0, bridgeCallsPerSecondMax: 0, storageBytesMax: 0, cacheBytesMax: 0 }],
  ["008", "bridge calls add, and the greatest second stays", ["counter", "maximum"], [{ bridgeCalls: 2, bridgeCallsPerSecondMax: 2, requestsPerSecondMax: 5 }, { bridgeCalls: 3, bridgeCallsPerSecondMax: 1, requestsPerSecondMax: 6 }], { bridgeCalls: 5, bridgeCallsPerSecondMax: 2, requestsPerSecondMax: 6 }],
  ["009", "sizes are of the greatest moment, and do not add", ["maximum"], [{ storageBytesMax: 700, cacheBytesMax: 5 }, { storageBytesMax: 300, cacheBytesMax: 6 }], { storageBytesMax: 700, cacheBytesMax: 6 }],
  ["010", "what limits did adds up by name", ["limits"], [{ limits: { storageBytes: { refused: 1 }, cacheBytes: { evicted: 2 } } }, { limits: { storageBytes: { refused: 4 }, cpuMsPerMinute: { throttledMs: 40 } } }], { limits: { storageBytes: { refused: 5 }, cacheBytes: { evicted: 2 }, cpuMsPerMinute: { throttledMs: 40 } } }],
  ["011", "of one limit, too, only what was told", ["limits", "absent"], [{ limits: { memoryBytes: { throttledMs: 5 } } }, { limits: { memoryBytes: {} } }], { limits: { memoryBytes: { throttledMs: 5 } } }],
  ["012", "limits that did nothing are told as none", ["limits", "absent"], [{ limits: {} }], { limits: {} }],
  ["013", "none of these takes away what was told before", ["limits"], [{ limits: { storageBytes: { refused: 1 } } }, { limits: {} }, {}], { limits: { storageBytes: { refused: 1 } } }],
  ["014", "two limits that held at once each count all of it", ["limits"], [{ throttledMs: 100, limits: { cpuMsPerMinute: { throttledMs: 100 }, memoryBytes: { throttledMs: 100 } } }], { throttledMs: 100, limits: { cpuMsPerMinute: { throttledMs: 100 }, memoryBytes: { throttledMs: 100 } } }],
  ["015", "a name in limits that is no limit's is ignored", ["newer"], [{ limits: { batteryPerMinute: { refused: 1 }, storageBytes: { refused: 1, delayed: 2 } } }], { limits: { storageBytes: { refused: 1 } } }],
  ["016", "a member that is not known is ignored", ["newer"], [{ requests: 1, frames: 60 }], { requests: 1 }],
  ["017", "in force is the later epoch, with all that belongs to it", ["applied"], [applied(1, 90, 9), applied(2, 1, 1)], applied(2, 1, 1)],
  ["018", "in force is the later platform document of an epoch", ["applied"], [applied(1, 7, 9), applied(1, 8, 2)], applied(1, 8, 2)],
  ["019", "under one platform document, the later document of the program", ["applied"], [applied(1, 7, 3), applied(1, 7, 4)], applied(1, 7, 4)],
  ["020", "what comes late takes nothing back", ["applied"], [applied(2, 1, 1), applied(1, 90, 9), applied(2, 1, 0)], applied(2, 1, 1)],
  ["021", "nothing in force is said with zeros", ["applied"], [applied(0, 0, 0)], applied(0, 0, 0)],
  ["030", "calls add by API", ["list"], [{ apis: { "a.b": { allowed: 1 }, "c.d": { denied: 2 } } }, { apis: { "a.b": { allowed: 1, denied: 1 } } }], { apis: { "a.b": { allowed: 2, denied: 1 }, "c.d": { allowed: 0, denied: 2 } } }],
  ["031", "a host is its name, port and purpose", ["list"], [{ hosts: [host("a.test", { allowed: 1 }), host("a.test", { port: 444, blocked: 1 }), host("a.test", { purpose: upload, blocked: 2 })] }, { hosts: [host("a.test", { allowed: 2, blocked: 3 })] }], { hosts: [host("a.test", { allowed: 3, blocked: 3 }), host("a.test", { port: 444, allowed: 0, blocked: 1 }), host("a.test", { purpose: upload, allowed: 0, blocked: 2 })] }],
  ["032", "a denial is its cause; its words are the first ones", ["list"], [{ denials: [denial(1, 2, { rule: "/exp" })] }, { denials: [denial(1, 3, { api: "c.d" })] }], { denials: [denial(1, 5, { rule: "/exp" })] }],
  ["040", "the hundredth API is ~other, and those after it", ["bound"], [{ apis: apis(0, 99) }, { apis: apis(99, 2) }], { apis: { ...apis(0, 99), "~other": { allowed: 2, denied: 4 } } }],
  ["041", "an API that is there goes on under its name", ["bound"], [{ apis: apis(0, 99) }, { apis: apis(200, 1) }, { apis: apis(7, 1) }], { apis: { ...apis(0, 99), "api.n7": { allowed: 2, denied: 4 }, "~other": { allowed: 1, denied: 2 } } }],
  ["042", "the fiftieth host is ~other at port 0 with its own purpose, whatever the purpose of those after it", ["bound"], [{ hosts: list(49, (index) => host(`h${index}.test`, { allowed: 1 })) }, { hosts: [host("x.test", { purpose: upload, blocked: 1 }), host("y.test", { blocked: 2 })] }], { hosts: [...list(49, (index) => host(`h${index}.test`, { allowed: 1, blocked: 0 })), { host: "~other", port: 0, purpose: upload, allowed: 0, blocked: 3 }] }],
  ["043", "the fiftieth cause is ~other, without words", ["bound"], [{ denials: list(49, (index) => denial(index)) }, { denials: [denial(100, 4), denial(101, 5)] }], { denials: [...list(49, (index) => denial(index)), { cause: "~other", count: 9 }] }],
  ["044", "a cause that is there goes on under its name", ["bound"], [{ denials: list(49, (index) => denial(index)) }, { denials: [denial(100), denial(48, 6)] }], { denials: [...list(48, (index) => denial(index)), denial(48, 7), { cause: "~other", count: 1 }] }],
  ["045", "what was ~other before is added to ~other", ["bound"], [{ denials: [{ cause: "~other", count: 3 }], apis: { "~other": { denied: 1 } } }, { denials: [{ cause: "~other", count: 1 }], apis: { "~other": { denied: 1 } } }], { denials: [{ cause: "~other", count: 4 }], apis: { "~other": { allowed: 0, denied: 2 } } }],
  ["050", "a host that is named keeps its name, however many came before it", ["named"], [{ hosts: list(60, (index) => host(`h${index}.test`, { allowed: 1 })) }, { hosts: [host("rule.test", { allowed: 7, named: true })] }], { hosts: [...list(49, (index) => host(`h${index}.test`, { allowed: 1, blocked: 0 })), { host: "~other", port: 0, purpose, allowed: 11, blocked: 0 }, host("rule.test", { allowed: 7, blocked: 0 })] }],
  ["051", "hosts that are named take no place of those that are not", ["named", "bound"], [{ hosts: list(60, (index) => host(`rule${index}.test`, { blocked: 1, named: true })) }, { hosts: list(50, (index) => host(`h${index}.test`, { allowed: 1 })) }], { hosts: [...list(60, (index) => host(`rule${index}.test`, { allowed: 0, blocked: 1 })), ...list(49, (index) => host(`h${index}.test`, { allowed: 1, blocked: 0 })), { host: "~other", port: 0, purpose, allowed: 1, blocked: 0 }] }],
  ["052", "an API that is named keeps its name, however many came before it", ["named"], [{ apis: apis(0, 101) }, { apis: { "network.request": { allowed: 3, denied: 1, named: true } } }], { apis: { ...apis(0, 99), "~other": { allowed: 2, denied: 4 }, "network.request": { allowed: 3, denied: 1 } } }],
  ["053", "a denial of what is named keeps its cause, however many came before it", ["named"], [{ denials: list(51, (index) => denial(index)) }, { denials: [denial(100, 4, { named: true })] }], { denials: [...list(49, (index) => denial(index)), { cause: "~other", count: 2 }, denial(100, 4)] }],
  ["054", "what is named from now on gives its place back, and what went under ~other before stays there", ["named", "bound"], [{ hosts: list(50, (index) => host(`h${index}.test`, { allowed: 1 })) }, { hosts: [host("h0.test", { allowed: 1, named: true })] }, { hosts: [host("x.test", { allowed: 1 }), host("h49.test", { blocked: 1, named: true })] }], { hosts: [host("h0.test", { allowed: 2, blocked: 0 }), ...list(48, (index) => host(`h${index + 1}.test`, { allowed: 1, blocked: 0 })), { host: "~other", port: 0, purpose, allowed: 2, blocked: 0 }, host("h49.test", { allowed: 0, blocked: 1 })] }],
  ["055", "named or not, it is one name", ["named", "list"], [{ hosts: [host("a.test", { allowed: 1 })], denials: [denial(1, 2)] }, { hosts: [host("a.test", { allowed: 1, named: true })], denials: [denial(1, 3, { named: true })] }, { hosts: [host("a.test", { blocked: 1 })] }], { hosts: [host("a.test", { allowed: 2, blocked: 1 })], denials: [denial(1, 5)] }],
  ["046", "an API that is named like a member of every object", ["list"], list(2, () => named('{"denied":1}')), named('{"allowed":0,"denied":2}')],
];

const toCase = ([id, title, flags, increments, entry]: Row): VectorCase => ({
  id: `minute-${id}`,
  title,
  flags,
  input: { at: AT, increments },
  expect: { entry: { ...nothing, ...entry } },
});

export const topic: VectorTopic = {
  name: "60-minute",
  specClause: "§7",
  op: "minute",
  state: {},
  notes: {
    absent: "What was not measured is no zero.",
    applied: "A minute says under which documents it ended, in whatever order its parts arrive.",
    bound: "A program that names a host a second must not grow what is told of it without end.",
    counter: "A count that wraps or loses its last digit is a lie.",
    limits: "Whoever looks at a quota wants to know what it did, not to guess it.",
    list: "The same cause is one row, or one cause hides the others.",
    maximum: "The greatest of two parts of a minute is the greatest of the minute.",
    named: "A program that makes up names must not hide what a person decided about.",
    newer: "A newer runtime may say more.",
  },
  cases: rows.map(toCase),
};
