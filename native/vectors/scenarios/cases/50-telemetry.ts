import { APP, type Kit, OTHER, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";
import { bodyOf, type Script } from "../script";

type Rest = Omit<ScenarioCase, "id" | "title" | "isFault">;
const OK = { accepted: 0, rejected: [], nextIntervalSeconds: 60, sampling: 100 };

const NOTHING = { cpuMs: 0, memoryBytesMax: 0, requests: 0, blocked: 0, bytesIn: 0, bytesOut: 0, inFlightMax: 0 };
const EMPTY = { ...NOTHING, apis: {}, hosts: [], throttledMs: 0, crashes: 0, denials: [] };
const minutesOf = (count: number, appId = APP) =>
  Array.from({ length: count }, (_, place) => ({
    appId,
    versionCode: 12,
    entry: { at: (place + 1) * 60, ...EMPTY },
  }));
const eventsOf = (count: number, appId = "") =>
  Array.from({ length: count }, (_, place) => ({
    eventId: `${appId}${String(place).padStart(8, "0")}`,
    at: 1,
    type: "crashed",
    ...(appId === "" ? {} : { appId }),
  }));
const SEALED = {
  ...{ batchId: "0".repeat(32), sequence: 1, sentAt: 1 },
  runtime: { kind: "linux", version: "1.0.0", layers: [] },
  applied: { epoch: 0, keyset: 0, platform: 0, programs: {} },
  ...{ programs: [], events: [], discarded: [] },
};

/** What happened is told once, or its loss is counted: produced = acknowledged + rejected + discarded + still queued. */
export function telemetryCases(kit: Kit): ScenarioCase[] {
  const { synced, fresh, platform, program } = kit;
  const fault = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `telemetry-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const good = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `telemetry-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  /** At rest, and its batches wait for whoever answers them. */
  const open = () => {
    const script = synced();
    script.server.silent = ["telemetry"];
    return script;
  };
  const count = (script: Script, requests = 1) =>
    script.step("count", { appId: APP, versionCode: 12, increment: { requests } });
  const denied = (script: Script) =>
    script.step("event", {
      event: { type: "denied_api", appId: APP, versionCode: 12, code: "PERMISSION_DENIED", api: "camera.capture" },
    });
  /** A device that begins with all of this and a batch that awaits its answer. */
  const waitingLong = (minutes: readonly object[], events: readonly object[]) => {
    const script = fresh();
    script.server.silent = ["telemetry"];
    const produced = minutes.length + events.length;
    const queue = { sequence: 1, minutes, events, discarded: {}, sealed: [SEALED] };
    script.open({ state: { queue: { ...queue, totals: { produced, acknowledged: 0, rejected: 0, discarded: 0 } } } });
    script.start([APP]);
    script.settle();
    return script;
  };
  const upload = (script: Script) => {
    script.pass(60);
    script.ring("upload");
    script.settle();
  };
  const reply = (script: Script, members: Record<string, unknown>) => {
    script.step("answered", { send: script.takeOpen("send").send, ...members });
    script.settle();
  };
  const answer = (script: Script, more: Record<string, unknown> = {}) =>
    reply(script, bodyOf(JSON.stringify({ ...OK, ...more })));

  return [
    good("001", "a batch goes out at once after documents were applied, empty if need be", {
      make: open,
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
      },
      ends: { sends: 4, totals: { produced: 0, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    good("002", "what was counted in a minute is one entry", {
      make: open,
      play: (script) => {
        count(script);
        count(script, 4);
        upload(script);
        answer(script);
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("003", "an answer that is lost: the same batch goes out again", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { failed: "timeout" });
        script.pass(1);
        script.ring("upload");
        script.settle();
        answer(script);
      },
      ends: { sends: 5, batchCount: 4, totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("004", "a restart before the answer: the same batch goes out again, by its old id", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        restart(script);
        script.settle();
        answer(script);
      },
      ends: { sends: 6, batchCount: 5, totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("005", "an answer that comes twice counts once", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        const { send } = script.takeOpen("send");
        for (let times = 0; times < 3; times += 1) script.step("answered", { send, ...bodyOf(JSON.stringify(OK)) });
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("006", "what the server rejects is counted as that, and never sent again", {
      make: open,
      play: (script) => {
        count(script);
        denied(script);
        upload(script);
        answer(script, { rejected: [{ id: "x", code: "malformed" }] });
      },
      ends: { totals: { produced: 2, acknowledged: 1, rejected: 1, discarded: 0 } },
    }),
    fault("007", "a batch that is too large is split, and both halves are told", {
      make: open,
      play: (script) => {
        count(script);
        denied(script);
        upload(script);
        reply(script, { status: 413 });
        answer(script);
        answer(script);
      },
      ends: { totals: { produced: 2, acknowledged: 2, rejected: 0, discarded: 0 } },
    }),
    fault("008", "one item that is too large by itself is given up, counted", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 413 });
      },
      ends: { totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("009", "a batch that the server knows otherwise is given up as a conflict", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 409 });
      },
      ends: { discarded: { conflict: 1 }, totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("010", "a batch that is wrong to the server is given up and never repeated", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 400 });
      },
      ends: { discarded: { send_error: 1 }, lastTimer: { e: "timer", timer: "upload", minMs: 100, maxMs: 1000 } },
    }),
    fault("011", "what was given up is told of in the next batch, and then no more", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 422 });
        upload(script);
        answer(script);
      },
      ends: { discarded: {}, totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("012", "a server that is over its load says when", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 503, retryAfterS: 120 });
      },
      ends: { lastTimer: { e: "timer", timer: "upload", minMs: 120_000, maxMs: 120_000 } },
    }),
    fault("013", "an answer of 200 that is none, as a captive portal gives, is tried again", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, bodyOf("<html>"));
      },
      ends: {
        lastTimer: { e: "timer", timer: "upload", minMs: 100, maxMs: 1000 },
        totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 0 },
      },
    }),
    fault("014", "a device that is revoked stops sending, keeps what it has, and goes on counting", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 401, code: "device_revoked" });
        count(script);
        upload(script);
      },
      ends: { hangUps: 1, sends: 4, totals: { produced: 2, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    fault("015", "a full disk does not stop telemetry: it goes on from memory", {
      make: open,
      play: (script) => {
        script.disk = "full";
        count(script);
        upload(script);
        answer(script);
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("016", "of one cause in a minute thirty events are told singly, and the others counted as sampled", {
      make: open,
      play: (script) => {
        for (let times = 0; times < 40; times += 1) denied(script);
      },
      ends: { discarded: { sampled: 10 }, totals: { produced: 40, acknowledged: 0, rejected: 0, discarded: 10 } },
    }),
    good("017", "the server lacks the platform document: it is handed back as it was received, once an answer", {
      make: open,
      play: (script) => {
        upload(script);
        answer(script, { wanted: ["platform"] });
      },
      ends: { asked: ["keyset", "keyset 2", "platform", `program ${APP}`, "held"] },
    }),
    fault("018", "somebody looks: it reports at once, and at most each two seconds", {
      make: synced,
      play: (script) => {
        script.step("stream", { reportNow: true });
        script.settle();
        script.pass(1);
        script.step("stream", { reportNow: true });
        script.settle();
        script.pass(1);
        script.step("stream", { reportNow: true });
        script.settle();
      },
      ends: { sends: 5 },
    }),
    good("019", "what was applied while a batch was out is told by the next one, at once", {
      make: open,
      play: (script) => {
        upload(script);
        offerProgram(script, program(22), 22);
        script.settle();
        answer(script);
      },
      ends: { sends: 5, applied: [3, 1, 40, [22], "fresh"] },
    }),
    fault("020", "a counter that others choose stays at 2^53−1", {
      make: open,
      play: (script) => {
        count(script, Number.MAX_SAFE_INTEGER);
        count(script, Number.MAX_SAFE_INTEGER);
        count(script, -5);
      },
      ends: { totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    fault(
      "021",
      "a batch that is too large is split down to the item that is too large by itself; the others are told",
      {
        make: open,
        play: (script) => {
          count(script);
          denied(script);
          script.step("event", { event: { type: "crashed", appId: APP } });
          upload(script);
          for (const end of [{ status: 413 }, { status: 413 }, { status: 413 }]) reply(script, end);
          for (let times = 0; times < 2; times += 1) answer(script);
          upload(script);
          answer(script);
        },
        ends: {
          sent: [
            ...[
              [0, 0, []],
              [0, 0, []],
              [0, 0, []],
              [1, 2, []],
              [1, 1, []],
              [1, 0, []],
            ],
            ...[
              [0, 1, []],
              [0, 1, []],
              [0, 0, ["too_large"]],
            ],
          ],
          totals: { produced: 3, acknowledged: 2, rejected: 0, discarded: 1 },
          waiting: [0, 0, 0],
          discarded: {},
        },
      },
    ),
    fault("022", "a conflict of a batch that told of earlier losses: they are told again, with its own", {
      make: open,
      play: (script) => {
        for (let times = 0; times < 31; times += 1) denied(script);
        upload(script);
        reply(script, { status: 409 });
        upload(script);
        answer(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [0, 0, []],
          [0, 0, []],
          [0, 30, ["sampled"]],
          [0, 0, ["conflict", "sampled"]],
        ],
        discarded: {},
        totals: { produced: 31, acknowledged: 0, rejected: 0, discarded: 31 },
      },
    }),
    fault("023", "a device that is revoked while a batch is out hears no answer to it; it goes again after a restart", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        script.step("stream", { revoked: true });
        answer(script);
        restart(script);
        script.settle();
        answer(script);
      },
      ends: {
        hangUps: 1,
        sends: 6,
        batchCount: 5,
        totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 },
      },
    }),
    fault("024", "sampling is the platform document's from its application on, and the answer's after it", {
      make: () => {
        const script = fresh();
        script.server.silent = ["telemetry"];
        script.server.platform = platform(40, { telemetry: { intervalSeconds: 90, sampling: 25 } });
        script.start([APP]);
        script.settle();
        return script;
      },
      play: (script) => {
        for (let times = 0; times < 32; times += 1) denied(script);
        answer(script, { sampling: 100, nextIntervalSeconds: 300 });
        answer(script, { sampling: 50, nextIntervalSeconds: 600 });
        script.pass(60);
        for (let times = 0; times < 5; times += 1) denied(script);
        offer(script, platform(41, { telemetry: { intervalSeconds: 120, sampling: 0 } }), { revision: 41 });
        script.settle();
        script.pass(60);
        for (let times = 0; times < 3; times += 1) denied(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [0, 8, ["sampled"]],
          [0, 3, ["sampled"]],
        ],
        discarded: { sampled: 2 },
        timers: [
          ...["poll 22500-37500", "mark 60000-60000", "alone 5000-5000"],
          ...["grace 82800000-82800000", "upload 600000-600000", "alone 5000-5000"],
        ],
        totals: { produced: 40, acknowledged: 8, rejected: 0, discarded: 28 },
      },
    }),
    fault("025", "each way in which a batch fails has its wait, and until then nothing is sent, whatever is owed", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        for (const end of [
          { failed: "tls" },
          { status: 500 },
          { status: 503, retryAfterS: 90_000 },
          { missing: true },
          { status: 403 },
          { status: 401 },
          { status: 429 },
          { status: 425, retryAfterS: 5 },
          { status: 408, retryAfterS: 90_000 },
          bodyOf('{"accepted":0}'),
          { notModified: true },
        ]) {
          reply(script, end);
          script.pass(3);
          script.step("stream", { reportNow: true });
          script.ring("upload");
          script.settle();
        }
        answer(script);
      },
      ends: {
        timers: [
          ...["poll 22500-37500", "mark 60000-60000", "alone 5000-5000", "upload 60000-60000"],
          ...["grace 82800000-82800000", "upload 60000-60000", "upload 100-1000", "upload 100-2000"],
          ...["upload 3600000-3600000", "upload 3600000-3600000", "upload 3600000-3600000", "upload 60000-60000"],
          ...["upload 60000-61000", "upload 5000-6000", "upload 3600000-3601000", "upload 100-512000"],
          ...["upload 100-900000"],
        ],
        batchCount: 5,
        sends: 16,
        totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 },
      },
    }),
    fault("026", "the platform document is handed back one at a time, the newest, and again when it is still lacked", {
      make: open,
      play: (script) => {
        script.disk = "full";
        script.server.silent = ["telemetry", "held"];
        offer(script, platform(41), { revision: 41 });
        script.settle();
        for (let times = 0; times < 2; times += 1) {
          upload(script);
          answer(script, { wanted: ["platform"] });
        }
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, failed: "timeout" });
        upload(script);
        answer(script, { wanted: ["platform", "something.else"] });
        upload(script);
        answer(script, { wanted: ["something.else"] });
      },
      ends: {
        asked: ["keyset", "keyset 2", "platform", `program ${APP}`, "platform", "held", "held"],
        applied: [3, 1, 40, [21], "fresh"],
        retries: [],
      },
    }),
    fault("027", "a device that has no platform document has none to hand back", {
      make: fresh,
      play: (script) => {
        script.server.silent = ["telemetry", "keyset"];
        script.start([APP]);
        script.settle();
        answer(script, { wanted: ["platform"] });
      },
      ends: { asked: ["keyset"], sends: 1 },
    }),
    good("028", "somebody looks while a batch is out: the next one follows its answer at once", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        count(script, 2);
        script.step("stream", { reportNow: true });
        answer(script);
        answer(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [0, 0, []],
          [0, 0, []],
          [1, 0, []],
          [1, 0, []],
        ],
        totals: { produced: 2, acknowledged: 2, rejected: 0, discarded: 0 },
      },
    }),
    fault("029", "a restart with a write of the queue cut off: what it held is counted once, or not at all", {
      make: open,
      play: (script) => {
        script.disk = "silent";
        count(script);
        const { write } = script.takeOpen("store");
        count(script);
        restart(script, { torn: write });
        script.disk = "works";
        script.settle();
        answer(script);
        script.disk = "silent";
        count(script);
        restart(script);
        script.disk = "works";
        script.settle();
        answer(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [0, 0, []],
          [0, 0, []],
          [1, 0, []],
          [0, 0, []],
        ],
        totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 },
      },
    }),
    fault("030", "a server that rejects more than was sent rejects what was sent", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        answer(script, { rejected: ["a", "b", "c"].map((id) => ({ id, code: "malformed" })) });
      },
      ends: { totals: { produced: 1, acknowledged: 0, rejected: 1, discarded: 0 } },
    }),
    fault(
      "031",
      "of more than 4,320 minutes the oldest go, counted as overflow, or as not stored while the disk fails",
      {
        make: () => waitingLong(minutesOf(4320), []),
        play: (script) => {
          count(script);
          script.settle();
          script.disk = "full";
          script.pass(60);
          count(script);
          script.settle();
          script.pass(60);
          count(script);
          script.settle();
        },
        ends: {
          discarded: { queue_overflow: 2, not_stored: 1 },
          waiting: [4320, 0, 1],
          totals: { produced: 4323, acknowledged: 0, rejected: 0, discarded: 3 },
        },
      },
    ),
    good("033", "more than 250 items that wait are sent at once after an answer, 250 are not", {
      make: () => waitingLong([], eventsOf(751)),
      play: (script) => {
        script.settle();
        for (let times = 0; times < 3; times += 1) answer(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [0, 500, []],
          [0, 251, []],
        ],
        lastTimer: { e: "timer", timer: "upload", minMs: 60_000, maxMs: 60_000 },
      },
    }),
    fault(
      "034",
      "events of one cause are those of one type, program, denial, code, API and host; each other one is told",
      {
        make: open,
        play: (script) => {
          const one = { type: "denied_api", appId: APP, denialId: "0123456789abcdef-1", code: "PERMISSION_DENIED" };
          const other = [
            { type: "unknown_api" },
            { appId: OTHER },
            { denialId: "1123456789abcdef-1" },
            { code: "CONSENT_DENIED" },
            { api: "camera.capture" },
            { host: "api.example.com" },
          ];
          upload(script);
          answer(script, { sampling: 0 });
          const tell = (event: object) => script.step("event", { event });
          for (const changes of [{}, { denialId: "0123456789abcdef-2", at: 7, versionCode: 11 }, ...other]) {
            tell({ ...one, ...changes });
          }
          script.pass(39);
          tell(one);
          script.pass(1);
          tell(one);
        },
        ends: { discarded: { sampled: 2 }, waiting: [0, 8, 0] },
      },
    ),
    good("035", "250 items of a kind that wait are not sent at once after an answer", {
      make: () => waitingLong(minutesOf(490), eventsOf(750)),
      play: (script) => {
        script.settle();
        for (let times = 0; times < 2; times += 1) answer(script);
      },
      ends: {
        sent: [
          [0, 0, []],
          [240, 500, []],
        ],
        waiting: [250, 250, 0],
        lastTimer: { e: "timer", timer: "upload", minMs: 60_000, maxMs: 60_000 },
      },
    }),
    fault("036", "what the server rejects beyond what it names is counted too", {
      make: open,
      play: (script) => {
        for (let times = 0; times < 3; times += 1) denied(script);
        count(script);
        upload(script);
        answer(script, { rejected: [{ id: "x", code: "malformed" }], rejectedMore: 2 });
      },
      ends: { totals: { produced: 4, acknowledged: 1, rejected: 3, discarded: 0 } },
    }),
    fault("037", "names that a program invents push out nobody's events but its own", {
      make: () => waitingLong([], [...eventsOf(100, OTHER), ...eventsOf(4900, APP)]),
      play: (script) => {
        for (let times = 0; times < 3; times += 1) {
          script.step("event", { event: { type: "unknown_api", appId: APP, api: `made.up.${times}` } });
        }
        script.step("event", { event: { type: "crashed", appId: OTHER } });
      },
      ends: {
        discarded: { queue_overflow: 4 },
        waitingOf: { [APP]: [0, 4899], [OTHER]: [0, 101] },
        totals: { produced: 5004, acknowledged: 0, rejected: 0, discarded: 4 },
      },
    }),
    fault("038", "of two programs that have as many waiting the first by its name gives way, and then the other", {
      make: () => waitingLong([...minutesOf(2160, OTHER), ...minutesOf(2160, APP)], []),
      play: (script) => {
        for (let times = 0; times < 2; times += 1) {
          count(script);
          script.pass(60);
        }
      },
      ends: {
        discarded: { queue_overflow: 2 },
        waitingOf: { [APP]: [2160, 0], [OTHER]: [2160, 0] },
      },
    }),
    fault(
      "039",
      "of what a program was refused 300 are told singly within a minute, and its ends are told all the same",
      {
        make: open,
        play: (script) => {
          const tell = (event: object) => script.step("event", { event: { appId: APP, ...event } });
          const invent = (times: number) => {
            for (let name = 0; name < times; name += 1) {
              tell({ type: "unknown_api", api: `made.up.${name}`, denialId: `${String(name).padStart(16, "0")}-1` });
            }
          };
          invent(302);
          tell({ type: "crashed" });
          tell({ type: "denied_api", appId: OTHER, denialId: "0123456789abcdef-1" });
          script.pass(60);
          invent(1);
        },
        ends: { discarded: { program_share: 2 }, waitingOf: { [APP]: [0, 302], [OTHER]: [0, 1] } },
      },
    ),
    fault("040", "events that wait take no room from what is counted", {
      make: () => waitingLong(minutesOf(4320), eventsOf(5000)),
      play: (script) => {
        script.step("event", { event: { type: "crashed", appId: APP } });
      },
      ends: { discarded: { queue_overflow: 1 }, waiting: [4320, 5000, 1] },
    }),
  ];
}
