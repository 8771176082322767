import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { API_CODES, type DecisionCode, EGRESS_CODES, HOST_CODES } from "../../core/codes";
import { isWellFormed } from "../../core/decide/utf8-length";
import { pagesOf } from "../../core/errors/error-pages";
import type { Constraints } from "../../core/shapes/claims";
import { minuteEntryShape, telemetryEventShape } from "../../core/telemetry/batch";
import { addIncrement, emptyMinute, type MinuteIncrement, toEntry } from "../../core/telemetry/minute-entry";
import type { HostEvent } from "../ports";
import { policyOf } from "../program/testing/program-bench";
import type { Hold } from "./bridge-channel";
import { type BridgeSession, createBridgeSession } from "./bridge-session";
import type { CallLimits } from "./call-limits";
import { createCallUsage } from "./call-usage";
import { type ApiHandler, type CallDenial, createCapabilityRegistry } from "./capability-registry";
import { createDenialReporter } from "./denial-reporter";

type Answer = { id: number; ok: boolean; value: Record<string, unknown>; body: Uint8Array | undefined };

const NOW = 1_800_000_000;
const FULL: CallDenial = { code: "RATE_LIMITED", layer: "limit", rule: "/limits/x", limit: "requestsPerSecond" };
const ALLOWED_URL = "https://api.allowed.test/";

let answers: Answer[];
let holds: Set<Hold>;
let taking: Promise<void>;
let minutes: MinuteIncrement[];
let events: HostEvent[];
let logged: string[];
let settled: number;
let admits: { call: boolean; request: boolean };
let handlers: Record<string, ApiHandler>;
let handled: unknown[];
let policy: ReturnType<typeof policyOf>;
let session: BridgeSession;
/** What the person says once he is asked, and has said; \`asked\` counts. */
let consent: { answer: "given" | "refused" | undefined; said: "given" | "refused" | undefined; asked: number };

async function ask(): Promise<void> {
  consent.asked += 1;
  await Promise.resolve();
  consent.said = consent.answer;
}

/** What refuses or fails a call, whichever it is, says its code, whose page there is, and where that is. */
const EXPLAINED = {
  code: expect.stringMatching(/^[A-Z_]+$/),
  layer: expect.any(String),
  message: expect.stringMatching(/\S/),
  help: expect.stringMatching(/^errors\//),
};
const hasPage = (code: unknown): boolean => pagesOf(String(code)).some(({ list }) => list === "denial");

afterEach(() => {
  for (const { value } of answers.filter(({ ok }) => !ok)) {
    expect(value).toMatchObject(EXPLAINED);
    expect([value.help, hasPage(value.code)]).toEqual([`errors/${String(value.code)}`, true]);
  }
});

function constrain(capability: string, constraints: Constraints): void {
  policy = policyOf({ program: { grants: { [capability]: { consent: "none", constraints } } } });
}

async function call(
  api: string,
  params: string,
  more: { body?: Uint8Array; oversized?: boolean } = {},
): Promise<Answer> {
  const id = answers.length + 1;
  const bytes = new TextEncoder().encode(params);
  const rest = session.handle({
    ...{ kind: "call", id, api, params: bytes },
    ...{ body: more.body, oversized: more.oversized ?? false },
  });
  while (rest?.() === true);
  for (let turn = 0; turn < 50 && answers.length < id; turn += 1) await new Promise((go) => setImmediate(go));
  const answer = answers.at(-1);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

beforeEach(() => {
  answers = [];
  consent = { answer: undefined, said: undefined, asked: 0 };
  holds = new Set();
  taking = Promise.resolve();
  minutes = [];
  events = [];
  logged = [];
  settled = 0;
  admits = { call: true, request: true };
  handled = [];
  policy = policyOf();
  handlers = {
    "device.info": async () => ({ outcome: "value", value: { kind: "linux", language: "en" } }),
    "network.request": async ({ params }) => {
      handled.push(params);
      return {
        outcome: "value",
        value: { status: 200, headers: { "content-type": "image/png" } },
        body: new Uint8Array(100),
      };
    },
  };
  const limits: CallLimits = {
    admitCall: () => (admits.call ? undefined : FULL),
    admitRequest: () => (admits.request ? undefined : FULL),
    settleRequest: () => {
      settled += 1;
    },
    admitStorage: () => undefined,
    noteFlood: () => undefined,
  };
  const telemetry = {
    addToMinute: (_program: unknown, increment: MinuteIncrement) => minutes.push(increment),
    recordEvent: (event: HostEvent) => events.push(event),
  };
  const channel: Parameters<typeof createBridgeSession>[0]["channel"] = {
    reply: (id, ok, value, body) => answers.push({ id, ok, value: value as Record<string, unknown>, body }) > 0,
    taken: () => taking,
    hold: (why) => holds.add(why),
    release: (why) => holds.delete(why),
  };
  session = createBridgeSession({
    appId: "com.example.probe",
    versionCode: 3,
    runtime: { kind: "linux", version: "0.1.0" },
    policy: () => policy,
    policyNow: () => NOW,
    channel,
    registry: createCapabilityRegistry(
      [
        "device.info",
        "network.request",
        "storage.local.set",
        "camera.capture",
        "nfc.read",
        "location.precise",
        "location.coarse",
        "programs.exchange",
      ].map((name) => ({
        capability: name.replace(/\.set$/, ""),
        apis: { [name]: async (allowed) => (handlers[name] as ApiHandler)(allowed) },
        ...(name === "storage.local.set" ? { readsBytes: true as const } : {}),
      })),
    ),
    limits,
    usage: createCallUsage(() => NOW),
    denials: createDenialReporter({
      appId: "com.example.probe",
      versionCode: 3,
      policy: () => policy,
      telemetry,
      randomId: () => "random",
    }),
    telemetry,
    consent: {
      answerOf: () => consent.said,
      mayAsk: () => consent.answer !== undefined && consent.said === undefined,
      ask,
    },
    moment: () => ({ foreground: false, gesture: false }),
    log: (_level, event) => logged.push(event),
  });
});

describe("what a capability provider answers", () => {
  const answering = (api: string, value: Record<string, unknown>, constraints: Constraints = {}) => {
    policy = policyOf({
      program: {
        grants: { [api]: { consent: "none", constraints } },
        versions: [{ code: 3, name: "1.0", sha256: "0".repeat(64), size: 1, kid: "k", declares: [api] }],
      },
    });
    handlers[api] = async () => ({ outcome: "value", value });
    return call(api, "{}");
  };

  it.each([
    ["camera.capture", { content: "x".repeat(101) }, { maxBytes: 100 }],
    ["camera.capture", { bytes: 101 }, { maxBytes: 100 }],
    ["nfc.read", { records: ["x".repeat(101)] }, { maxBytes: 100 }],
    ["camera.capture", { mediaType: "image/PNG; a=b", content: "" }, { mediaTypes: ["image/jpeg"] }],
  ] as const)(
    "is held to the grant, in every member that carries something: %s %o",
    async (api, value, constraints) => {
      const { mediaTypes, ...rest } = constraints as Constraints;
      const asked = { ...rest, ...(mediaTypes === undefined ? {} : { mediaTypes: [...mediaTypes] }) };
      expect((await answering(api, value, asked)).value.code).toBe("CONSTRAINT_NOT_MET");
      expect((await answering(api, value)).ok).toBe(true);
    },
  );

  const granted = (api: string, grant: Constraints | undefined) =>
    policyOf({
      program: {
        grants: grant === undefined ? {} : { [api]: { consent: "none", constraints: grant } },
        versions: [{ code: 3, name: "1.0", sha256: "0".repeat(64), size: 1, kid: "k", declares: [api] }],
      },
    });

  it.each([
    ["a grant that was withdrawn", { fields: ["latitude", "longitude"] }, undefined, { code: "PERMISSION_DENIED" }],
    ["fields that were narrowed", {}, { fields: ["latitude"] }, { latitude: 52.5 }],
    ["fields that were widened", { fields: ["latitude"] }, {}, { latitude: 52.5 }],
    ["all that stands as it was", {}, {}, { latitude: 52.5, longitude: 13.4, accuracyMetres: 4 }],
  ] as const)(
    "is held to what is in force once it comes: %s while it was on its way",
    async (_name, then, now, told) => {
      const api = "location.precise";
      policy = granted(api, then as unknown as Constraints);
      handlers[api] = async () => {
        policy = granted(api, now as unknown as Constraints | undefined);
        return { outcome: "value", value: { latitude: 52.5, longitude: 13.4, accuracyMetres: 4 } };
      };
      const { value } = await call(api, "{}");
      expect("code" in told ? { code: value.code } : value).toEqual(told);
    },
  );

  it("is asked for with all that the program said, however long", async () => {
    const api = "programs.exchange";
    policy = granted(api, {});
    const data = { text: "x".repeat(20 * 1024) };
    const seen: unknown[] = [];
    handlers[api] = async ({ params }) => {
      seen.push(params.data);
      return { outcome: "value", value: { answer: null } };
    };
    await call(api, JSON.stringify({ appId: "com.example.other", action: "greet", data }));
    expect(seen).toEqual([data]);
  });

  it("is a place no finer than the grant, and a coarse one never finer than its name", async () => {
    const place = { latitude: 52.520006, longitude: 13.404954, accuracyMetres: 4 };
    expect((await answering("location.precise", place)).value).toEqual(place);
    const bounded = (await answering("location.precise", place, { precisionMetres: 5_000 })).value;
    expect([bounded.latitude === place.latitude, bounded.accuracyMetres]).toEqual([false, 5_000]);
    expect((await answering("location.coarse", place)).value.accuracyMetres).toBe(1_000);
    expect((await answering("location.coarse", { ...place, latitude: "52.520006" })).value.code).toBe("HOST_ERROR");
  });
});

describe("a call that the person is asked for", () => {
  const asking = (constraints: Constraints = {}) =>
    policyOf({ program: { grants: { "device.info": { consent: "ask", constraints } } } });

  it.each([
    ["given", undefined],
    ["refused", "CONSENT_DENIED"],
  ] as const)("is decided anew when it was %s", async (answer, code) => {
    policy = asking();
    consent.answer = answer;
    expect((await call("device.info", "{}")).value.code).toBe(code);
    expect((await call("device.info", "{}")).value.code).toBe(code);
    expect(consent.asked).toBe(1);
  });

  it("is decided by the policy of that moment, not by the one under which he was asked", async () => {
    policy = asking();
    consent.answer = "given";
    session.handle({
      ...{ kind: "call", id: 1, api: "device.info" },
      params: new TextEncoder().encode("{}"),
      oversized: false,
      body: undefined,
    });
    policy = policyOf({ program: { grants: {} } });
    await new Promise((go) => setImmediate(go));
    expect(answers.map(({ value }) => value.code)).toEqual(["PERMISSION_DENIED"]);
  });

  it("and would be refused all the same asks nobody, and says why", async () => {
    consent.answer = "given";
    policy = asking();
    expect((await call("device.info", "[]")).value.code).toBe("INVALID_ARGUMENTS");
    policy = asking({ foregroundOnly: true });
    expect((await call("device.info", "{}")).value.code).toBe("CONSTRAINT_NOT_MET");
    policy = policyOf({ program: { grants: {} } });
    expect((await call("device.info", "{}")).value.code).toBe("PERMISSION_DENIED");
    expect(consent.asked).toBe(0);
  });

  it("waits for nobody where nobody can be asked, and neither does the question whether it may", async () => {
    policy = asking();
    expect((await call("device.info", "{}")).value.code).toBe("CONSENT_REQUIRED");
    consent.answer = "given";
    session.handle({ kind: "ask", id: 2, api: "device.info" });
    expect([answers.at(-1)?.value, consent.asked]).toEqual([false, 0]);
  });
});

describe("a call under a policy in force and a newer one", () => {
  const granted = (...capabilities: string[]) => {
    const grants = Object.fromEntries(capabilities.map((name) => [name, { consent: "none" as const }]));
    return policyOf({ program: { grants, revision: capabilities.length + 10 } });
  };

  it("is allowed only by both; what the newer one refuses names its documents", async () => {
    policy = { ...granted("device.info", "network.request"), newer: granted("device.info").policy };
    expect((await call("device.info", "{}")).ok).toBe(true);
    expect((await call("network.request", `{"url":"${ALLOWED_URL}"}`)).value.code).toBe("PERMISSION_DENIED");
    expect(events.at(-1)).toMatchObject({ code: "PERMISSION_DENIED", programRevision: 11 });
    policy = { ...granted("device.info"), newer: granted("device.info", "network.request").policy };
    expect((await call("network.request", `{"url":"${ALLOWED_URL}"}`)).value.code).toBe("PERMISSION_DENIED");
    expect(events.at(-1)).toMatchObject({ code: "PERMISSION_DENIED", programRevision: 11 });
    expect(handled).toEqual([]);
  });

  it("gives no more than the constraints of both let pass", async () => {
    constrain("network.request", { maxBytes: 1000 });
    const { policy: wide } = policy;
    constrain("network.request", { maxBytes: 10 });
    const narrow = policy;
    for (const both of [
      { ...narrow, newer: wide },
      { ...narrow, policy: wide, newer: narrow.policy },
    ]) {
      policy = both;
      expect((await call("network.request", `{"url":"${ALLOWED_URL}"}`)).value.code).toBe("CONSTRAINT_NOT_MET");
    }
  });
});

const requests = (): number => minutes.reduce((sum, minute) => sum + (minute.requests ?? 0), 0);

describe("a call", () => {
  it("finds no room before anything else is looked at", async () => {
    admits.call = false;
    expect((await call("no.such.api", "{")).value).toMatchObject({
      code: "RATE_LIMITED",
      layer: "limit",
      rule: "/limits/x",
    });
    expect(requests()).toBe(0);
  });

  it.each([
    ["that does not exist", "no.such.api", "{}", "UNKNOWN_API"],
    ["named like a member of every object", "__proto__", "{}", "UNKNOWN_API"],
    ["with parameters that are no JSON", "device.info", "{", "INVALID_ARGUMENTS"],
    [
      "with a member twice",
      "network.request",
      `{"url":"${ALLOWED_URL}","url":"https://evil.test/"}`,
      "INVALID_ARGUMENTS",
    ],
    ["with parameters too deep", "device.info", "[".repeat(40) + "]".repeat(40), "INVALID_ARGUMENTS"],
    ["with a number that JSON does not have", "device.info", '{"a":NaN}', "INVALID_ARGUMENTS"],
    ["with a number that no double holds", "device.info", '{"a":1e999}', "INVALID_ARGUMENTS"],
    ["with a list for parameters", "device.info", "[]", "INVALID_ARGUMENTS"],
    [
      "with a field that is the host's",
      "network.request",
      `{"url":"${ALLOWED_URL}","headers":{"Host":"evil.test"}}`,
      "INVALID_ARGUMENTS",
    ],
    ["to a host of no rule", "network.request", `{"url":"https://evil.test/"}`, "HOST_NOT_ALLOWED"],
    ["of no grant", "contacts.read", "{}", "PERMISSION_DENIED"],
  ])("%s is refused and nothing is done", async (_what, api, params, code) => {
    expect((await call(api, params)).value.code).toBe(code);
    expect(handled).toEqual([]);
    expect(events).toEqual([expect.objectContaining({ code, versionCode: 3, appId: "com.example.probe" })]);
  });

  it("too long for a message is refused in its turn, after what says more", async () => {
    expect((await call("device.info", "", { oversized: true })).value.code).toBe("INVALID_ARGUMENTS");
    expect((await call("contacts.read", "", { oversized: true })).value.code).toBe("PERMISSION_DENIED");
  });

  it("has any number of JSON in its parameters", async () => {
    await call("network.request", `{"a":[0.8,1.0,-0,1e21],"url":"${ALLOWED_URL}"}`);
    expect(JSON.stringify(handled)).toBe(`[{"a":[0.8,1,0,1e+21],"url":"${ALLOWED_URL}"}]`);
  });

  it("gives its body beside the parameters to whoever carries it out", async () => {
    await call("network.request", `{"url":"${ALLOWED_URL}"}`, { body: Uint8Array.of(1, 2) });
    expect(handled).toEqual([{ url: ALLOWED_URL, body: Uint8Array.of(1, 2) }]);
  });

  it("that is refused says what the check saw, what would pass and where to read on", async () => {
    const { value } = await call("network.request", '{"url":"https://cdn.other.example/"}');
    expect(value).toMatchObject({
      code: "HOST_NOT_ALLOWED",
      message: expect.stringMatching(/^no rule names cdn\.other\.example/),
      ...{ at: null, seen: "cdn.other.example", wanted: null, help: "errors/HOST_NOT_ALLOWED" },
    });
    const unknown = await call("network.requests", "{}");
    expect(unknown.value).toMatchObject({ code: "UNKNOWN_API", seen: "network.requests", help: "errors/UNKNOWN_API" });
  });

  it("says its code and where that is explained, whatever of the closed list refuses it, before it or while it is carried out", async () => {
    const codes = [...new Set<DecisionCode>([...API_CODES, ...HOST_CODES, ...EGRESS_CODES])].filter(
      (code) => code !== "ALLOWED",
    );
    for (const code of codes) {
      handlers["device.info"] = async () => ({ outcome: "denied", decision: { code, layer: "host", rule: null } });
      expect((await call("device.info", "{}")).value).toMatchObject({ ...EXPLAINED, code });
    }
    expect(answers).toHaveLength(codes.length);
  });

  it("that no handler carries out fails without a denial", async () => {
    policy = policyOf();
    expect((await call("haptics.vibrate", `{"durationMs":5}`)).value).toMatchObject({
      code: "HOST_ERROR",
      denialId: null,
    });
    expect(events).toEqual([]);
  });

  it("that fails within the host tells the program nothing of why", async () => {
    handlers["device.info"] = async () => {
      throw new Error("secret path /root/x");
    };
    const { ok, value } = await call("device.info", "{}");
    expect([ok, value.code]).toEqual([false, "HOST_ERROR"]);
    expect(JSON.stringify(value)).not.toContain("secret");
    expect(logged).toEqual(["call_failed"]);
  });

  it("is answered no more once the program has ended", async () => {
    session.close();
    session.handle({ kind: "ask", id: 1, api: "device.info" });
    session.handle({
      kind: "call",
      id: 2,
      api: "device.info",
      params: new Uint8Array(),
      body: undefined,
      oversized: false,
    });
    await new Promise((go) => setImmediate(go));
    expect(answers).toEqual([]);
  });
});

describe("a request", () => {
  it("that found no room is not counted as one, and is not sent", async () => {
    admits.request = false;
    expect((await call("network.request", `{"url":"${ALLOWED_URL}"}`)).value).toMatchObject({ code: "RATE_LIMITED" });
    expect([handled, requests(), settled]).toEqual([[], 0, 0]);
  });

  it("is settled once, however it ends", async () => {
    await call("network.request", `{"url":"${ALLOWED_URL}"}`);
    handlers["network.request"] = async () => ({ outcome: "failed", reason: "unreachable" });
    await call("network.request", `{"url":"${ALLOWED_URL}"}`);
    handlers["network.request"] = async () => {
      throw new Error("broken");
    };
    await call("network.request", `{"url":"${ALLOWED_URL}"}`);
    expect([settled, requests()]).toEqual([3, 3]);
  });
});

describe("a result", () => {
  it("has only the members that the grant names, its body among them or not", async () => {
    constrain("device.info", { fields: ["language"] });
    expect((await call("device.info", "{}")).value).toEqual({ language: "en" });
    constrain("network.request", { fields: ["status"] });
    const { value, body } = await call("network.request", `{"url":"${ALLOWED_URL}"}`);
    expect([value, body]).toEqual([{ status: 200 }, undefined]);
  });

  it.each([
    ["maxBytes", { maxBytes: 99 }],
    ["mediaTypes", { mediaTypes: ["text/*"] }],
  ] satisfies [string, Constraints][])("outside %s is kept from the program", async (name, constraints) => {
    constrain("network.request", constraints);
    const { ok, value, body } = await call("network.request", `{"url":"${ALLOWED_URL}"}`);
    expect([ok, value.code, value.rule, body]).toEqual([
      false,
      "CONSTRAINT_NOT_MET",
      `/grants/network.request/constraints/${name}`,
      undefined,
    ]);
  });

  it("within its constraints is given", async () => {
    constrain("network.request", { maxBytes: 100, mediaTypes: ["image/*"] });
    expect((await call("network.request", `{"url":"${ALLOWED_URL}"}`)).body?.length).toBe(100);
  });
});

it("answers what would be allowed without doing it or counting a denial", () => {
  for (const api of ["device.info", "contacts.read", "no.such.api"]) {
    session.handle({ kind: "ask", id: answers.length + 1, api });
  }
  expect(answers.map((answer) => answer.value)).toEqual([true, false, false]);
  expect([minutes, events]).toEqual([[], []]);
});

describe("what the host holds for a program", () => {
  /** A call that is carried out until the test ends it. */
  const held = () => {
    const ends: (() => void)[] = [];
    handlers["device.info"] = () => new Promise((resolve) => ends.push(() => resolve({ outcome: "value", value: {} })));
    return ends;
  };
  const begin = (id: number, body?: Uint8Array) =>
    session.handle({
      kind: "call",
      id,
      api: body ? "network.request" : "device.info",
      params: utf8(body ? `{"url":"${ALLOWED_URL}"}` : "{}"),
      body,
      oversized: false,
    });
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const turn = () => new Promise((go) => setImmediate(go));

  it("is few calls at once: past them it is not listened to, until one has ended", async () => {
    const ends = held();
    for (let id = 1; id <= 7; id += 1) begin(id);
    expect(holds.has("busy")).toBe(false);
    begin(8);
    expect(holds.has("busy")).toBe(true);
    ends[0]?.();
    await turn();
    expect(holds.has("busy")).toBe(false);
  });

  it("is few bytes that it sends: past them it is not listened to, until they are on their way", async () => {
    let end: (() => void) | undefined;
    handlers["network.request"] = () =>
      new Promise((resolve) => {
        end = () => resolve({ outcome: "value", value: { status: 200 } });
      });
    begin(1, new Uint8Array(5 * 1024 * 1024));
    expect(holds.has("bytes")).toBe(true);
    end?.();
    await turn();
    expect(holds.has("bytes")).toBe(false);
  });

  it("counts the parameters of long calls among them", async () => {
    const ends: (() => void)[] = [];
    policy = policyOf();
    handlers["storage.local.set"] = () =>
      new Promise((resolve) => ends.push(() => resolve({ outcome: "value", value: {} })));
    const params = new TextEncoder().encode(JSON.stringify({ key: "k", value: "x".repeat(1024 * 1024 - 100) }));
    const set = (id: number): void => {
      const message = {
        kind: "call",
        id,
        api: "storage.local.set",
        params,
        body: undefined,
        oversized: false,
      } as const;
      const rest = session.handle(message);
      while (rest?.() === true);
    };
    for (let id = 1; id <= 4; id += 1) set(id);
    expect(holds.has("bytes")).toBe(false);
    set(5);
    expect(holds.has("bytes")).toBe(true);
    await turn();
    ends[0]?.();
    await turn();
    expect(holds.has("bytes")).toBe(false);
  });

  it("is held until the program has taken the answer, and no longer", async () => {
    let take: () => void = () => undefined;
    taking = new Promise((resolve) => {
      take = resolve;
    });
    const released: string[] = [];
    handlers["device.info"] = async ({ afterAnswer }) => {
      afterAnswer(() => released.push("room"));
      return { outcome: "value", value: {} };
    };
    begin(1);
    await turn();
    expect([answers.length, released]).toEqual([1, []]);
    take();
    await turn();
    expect(released).toEqual(["room"]);
  });
});

describe("parameters that are long", () => {
  const long = JSON.stringify({ key: "k", value: Array.from({ length: 20_000 }, (_, at) => ({ at })) });

  it("are read in pieces, and a call's handler has those that nobody looks into as the bytes that they came as", async () => {
    let seen: [unknown, number | undefined] | undefined;
    policy = policyOf();
    handlers["storage.local.set"] = async ({ params, bytesOf }) => {
      seen = [params, bytesOf("value")?.length];
      return { outcome: "value", value: {} };
    };
    let pieces = 0;
    const rest = session.handle({
      kind: "call",
      id: 1,
      api: "storage.local.set",
      params: new TextEncoder().encode(long),
      body: undefined,
      oversized: false,
    });
    while (rest?.() === true) pieces += 1;
    await new Promise((go) => setImmediate(go));
    expect(pieces).toBeGreaterThan(50);
    expect(seen).toEqual([{ key: "k", value: null }, long.length - '{"key":"k","value":}'.length]);
  });

  it("that are none are refused like short ones", async () => {
    expect(await call("storage.local.set", `${long.slice(0, -1)},`)).toMatchObject({
      ok: false,
      value: { code: "INVALID_ARGUMENTS", at: "", seen: "null", wanted: "an object" },
    });
  });
});

describe("what is told of a call", () => {
  const fits = (): unknown[] => {
    const entry = emptyMinute(60);
    for (const increment of minutes) addIncrement(entry, increment);
    const told = toEntry(entry);
    const faults = [
      minuteEntryShape.safeParse(told),
      ...events.map((event) => telemetryEventShape.safeParse({ eventId: "evt-00000001", at: 60, ...event })),
    ].flatMap(({ error }) => error?.issues ?? []);
    const texts = [...Object.keys(told.apis), ...events.flatMap(({ api, host }) => [api ?? "", host ?? ""])];
    return [...faults, ...texts.filter((text) => !isWellFormed(text))];
  };

  it("is whole where a name is cut within a character", async () => {
    await call(`${"a".repeat(127)}😀`, "{}");
    expect(Object.keys(minutes.find(({ apis }) => apis !== undefined)?.apis ?? {})).toEqual(["a".repeat(127)]);
    expect(fits()).toEqual([]);
  });

  it("is what the platform takes in, whatever a program calls and names", async () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.webUrl(), fc.constant("__proto__"));
    await fc.assert(
      fc.asyncProperty(text, text, fc.webUrl(), async (name, host, url) => {
        await call(name, "{}");
        await call("network.request", JSON.stringify({ url: `https://${host}/` }));
        await call("network.request", JSON.stringify({ url }));
        expect(fits()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
