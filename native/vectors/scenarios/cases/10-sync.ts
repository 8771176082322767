import { NOW } from "../../cases/policy-claims";
import { APP, askBoth, askHost, type Kit, OTHER, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";
import { bodyOf, type Script } from "../script";

const FIRST = ["keyset", "keyset 2", "platform", `program ${APP}`];

export function syncCases(kit: Kit): ScenarioCase[] {
  const { fresh, synced, keyset, platform, program } = kit;
  const good = (id: string, title: string, rest: Omit<ScenarioCase, "id" | "title" | "isFault">): ScenarioCase => ({
    id: `sync-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  const fault = (id: string, title: string, rest: Omit<ScenarioCase, "id" | "title" | "isFault">): ScenarioCase => ({
    id: `sync-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const start = (script: ReturnType<typeof fresh>) => {
    script.start([APP]);
    script.settle();
  };
  return [
    good("001", "the first start asks for keyset, its successor, platform and program, in this order", {
      make: fresh,
      play: start,
      ends: {
        asked: ["keyset", "keyset 2", "platform", `program ${APP}`],
        applied: [3, 1, 40, [21], "fresh"],
        stopped: [],
      },
    }),
    good("002", "a restart has in force at once what was stored, before anybody answers", {
      make: synced,
      play: (script) => restart(script),
      ends: { applied: [3, 1, 40, [21], "fresh"], stopped: [] },
    }),
    good("003", "after a restart nothing has changed: each document is asked for by its etag", {
      make: synced,
      play: (script) => {
        restart(script);
        script.settle();
      },
      ends: { asked: ["keyset", "keyset 2", "platform", `program ${APP}`, "keyset 2", "platform", `program ${APP}`] },
    }),
    good("004", "a newer platform document is fetched when the stream names it, and applied once it is stored", {
      make: synced,
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], platformFloor: [3, 41] },
    }),
    good("005", "a platform document and the program document that it names are applied as one", {
      make: synced,
      play: (script) => {
        script.server.programs[APP] = program(22);
        offer(script, platform(41, { minRevisions: { [APP]: 22 } }), { revision: 41 });
        script.settle();
      },
      ends: {
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [41, [22]],
        ],
      },
    }),
    fault("006", "a program document that does not come keeps the platform document for five seconds and no longer", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        offer(script, platform(41, { minRevisions: { [APP]: 22 } }), { revision: 41 });
        script.settle();
        askBoth(script);
        script.pass(5);
        script.ring("alone");
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 41, [21], "fresh"],
        answers: ["ALLOWED", "ALLOWED", "POLICY_EXPIRED", "POLICY_EXPIRED"],
        rules: ["/grants/storage.local", "/grants/clipboard.read", `/minRevisions/${APP}`, `/minRevisions/${APP}`],
      },
    }),
    fault("007", "while a program document is awaited, what the platform document blocks is blocked already", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        offer(script, platform(41, { blockedHosts: ["example.com"], minRevisions: { [APP]: 22 } }), { revision: 41 });
        script.settle();
        askHost(script, "api.example.com");
      },
      ends: {
        applied: [3, 1, 40, [21], "fresh"],
        blockedHosts: ["example.com"],
        answers: ["HOST_BLOCKED_BY_PLATFORM"],
      },
    }),
    fault("008", "a program document that fails to come is tried again by itself, with longer waits", {
      make: synced,
      play: (script) => {
        script.server.programs[APP] = 500;
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.settle();
        script.pass(1);
        script.ring(`retry/${APP}`);
        script.settle();
        script.pass(2);
        script.ring(`retry/${APP}`);
        script.settle();
      },
      ends: {
        applied: [3, 1, 40, [21], "fresh"],
        lastTimer: { e: "timer", timer: `retry/${APP}`, minMs: 100, maxMs: 4000 },
      },
    }),
    fault("009", "an answer that comes twice, or to nothing that was asked, changes nothing", {
      make: synced,
      play: (script) => {
        const twice = { body: Buffer.from(platform(41).jws).toString("base64") };
        for (const fetch of [1, 2, 3, 4, 99]) script.step("fetched", { fetch, ...twice });
        script.step("stored", { write: 99 });
        script.step("notStored", { write: 1, reason: "io" });
        script.step("answered", { send: 77, status: 400 });
        script.ring("alone");
        script.ring("no such timer");
      },
      ends: { applied: [3, 1, 40, [21], "fresh"], platformFloor: [3, 40] },
    }),
    fault("010", "a stream that names what is held already makes nobody ask", {
      make: synced,
      play: (script) => {
        offer(script, platform(40), { revision: 40 });
        offerProgram(script, program(21), 20);
        script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 1 } });
        script.step("stream", { revision: { document: "program", appId: "com.example.other", epoch: 3, revision: 9 } });
      },
      ends: { asked: ["keyset", "keyset 2", "platform", `program ${APP}`] },
    }),
    good("011", "a revision named while the lane runs is looked for once more when it is done", {
      make: synced,
      play: (script) => {
        script.server.silent = ["platform"];
        offer(script, platform(41), { revision: 41 });
        script.settle();
        offer(script, platform(42), { revision: 42 });
        script.server.silent = [];
        script.settle();
      },
      ends: { applied: [3, 1, 42, [21], "fresh"], platformFloor: [3, 42] },
    }),
    good("012", "a program that is wanted later is fetched, and listened for", {
      make: fresh,
      play: (script) => {
        script.start([]);
        script.settle();
        script.step("want", { appId: APP, wanted: true });
        script.settle();
      },
      ends: {
        asked: ["keyset", "keyset 2", "platform", `program ${APP}`],
        applied: [3, 1, 40, [21], "fresh"],
        stopped: [],
      },
    }),
    fault("013", "a program that is no longer wanted is fetched no more: what is under way is called off", {
      make: fresh,
      play: (script) => {
        script.server.silent = ["program"];
        script.start([APP]);
        script.settle();
        script.step("want", { appId: APP, wanted: false });
        const open = script.takeOpen("fetch");
        script.step("fetched", { fetch: open.fetch, body: Buffer.from(program(21).jws).toString("base64") });
      },
      ends: { programFloors: [], stopped: [] },
    }),
    fault("014", "names that are no program ids are never asked for", {
      make: fresh,
      play: (script) => {
        script.start(["?", "#", "/../../x", "..", "__proto__", "com.example.UPPER", "x".repeat(128)]);
        script.step("want", { appId: "..", wanted: true });
        script.settle();
      },
      ends: { asked: ["keyset", "keyset 2", "platform"], stopped: [] },
    }),
    fault("015", "a server that is over its load is asked again when it says, within a second", {
      make: fresh,
      play: (script) => {
        script.server.silent = ["platform"];
        script.start([APP]);
        script.settle();
        const open = script.takeOpen("fetch");
        script.step("fetched", { fetch: open.fetch, status: 429, retryAfterS: 30 });
      },
      ends: {
        lastTimer: { e: "timer", timer: "retryLane", minMs: 30_000, maxMs: 31_000 },
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("016", "nobody answers the first start: nothing runs, and it is tried again with longer waits", {
      make: fresh,
      play: (script) => {
        script.server.silent = ["keyset"];
        script.start([APP]);
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, failed: "unreachable" });
        script.pass(1);
        script.ring("retryLane");
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, failed: "timeout" });
        askBoth(script);
      },
      ends: {
        applied: [0, 0, 0, [], "over"],
        stopped: [`${APP} POLICY_EXPIRED`],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
        lastTimer: { e: "timer", timer: "retryLane", minMs: 100, maxMs: 2000 },
      },
    }),
    good("017", "a stream that opens makes it look at everything, and poll seldom; one that closes, often", {
      make: synced,
      play: (script) => {
        script.step("stream", { hello: true });
        script.settle();
        script.step("stream", { closed: true });
      },
      ends: {
        lastTimer: { e: "timer", timer: "poll", minMs: 22_500, maxMs: 37_500 },
        asked: ["keyset", "keyset 2", "platform", `program ${APP}`, "keyset 2", "platform", `program ${APP}`],
      },
    }),
    good("018", "a platform document by a key of the next keyset is found by walking to it", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { keys: kit.named([kit.keys.rotated]) });
        offer(script, platform(41, {}, kit.keys.rotated), { revision: 41 });
        script.settle();
      },
      ends: { applied: [3, 2, 41, [21], "fresh"], refused: ["UNKNOWN_KEY"] },
    }),
    fault("019", "a device that was revoked asks and sends no more, looks each hour, and goes on enforcing", {
      make: synced,
      play: (script) => {
        script.step("stream", { revoked: true });
        askBoth(script);
        script.step("stream", { hello: true });
        script.step("stream", { reportNow: true });
        script.pass(60);
        script.ring("upload");
      },
      ends: {
        hangUps: 1,
        answers: ["ALLOWED", "ALLOWED"],
        lastTimer: { e: "timer", timer: "poll", minMs: 2_700_000, maxMs: 4_500_000 },
        sends: 3,
      },
    }),
    fault("020", "a refusal that says so revokes as well", {
      make: synced,
      play: (script) => {
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, status: 401, code: "device_revoked" });
      },
      ends: { hangUps: 1, applied: [3, 1, 40, [21], "fresh"] },
    }),
    fault("021", "a revoked device still learns of a suspension at its hourly look", {
      make: synced,
      play: (script) => {
        script.step("stream", { revoked: true });
        script.server.platform = platform(41, { suspended: [APP], iat: NOW });
        script.pass(3600);
        script.ring("poll");
        script.settle();
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], stopped: [`${APP} PROGRAM_SUSPENDED`] },
    }),
    fault("022", "a program that is wanted again is fetched anew: what comes late of the fetch before is nothing", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        offerProgram(script, program(22), 22);
        const late = script.takeOpen("fetch");
        script.step("want", { appId: APP, wanted: false });
        script.step("want", { appId: APP, wanted: true });
        script.step("fetched", { fetch: late.fetch, ...bodyOf(program(23).jws) });
        script.server.silent = [];
        script.settle();
      },
      ends: { aborts: 1, applied: [3, 1, 40, [22], "fresh"], programFloors: [[3, 22]] },
    }),
    good("023", "a program that is no longer wanted keeps its document, and goes by it when it is wanted again", {
      make: synced,
      play: (script) => {
        script.step("want", { appId: APP, wanted: false });
        script.step("want", { appId: APP, wanted: false });
        script.step("want", { appId: APP, wanted: true });
        askBoth(script);
        script.settle();
      },
      ends: {
        answers: ["ALLOWED", "ALLOWED"],
        stopped: [],
        asked: [...FIRST, `program ${APP}`],
        etags: [null, null, null, null, '"program-21"'],
        listened: [[APP], [], [APP]],
      },
    }),
    fault("024", "a program that is no longer wanted is not tried again: its timer is called off, and nothing late", {
      make: synced,
      play: (script) => {
        script.server.programs[APP] = 500;
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.settle();
        script.step("want", { appId: APP, wanted: false });
        script.ring(`retry/${APP}`);
        script.settle();
      },
      ends: { asked: [...FIRST, `program ${APP}`], cancelled: ["alone", "upload", `retry/${APP}`], aborts: 0 },
    }),
    fault("025", "each way in which a fetch fails has its wait; four of them wait for the poll", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        for (const end of [
          { failed: "tls" },
          { status: 500 },
          {},
          { status: 503, retryAfterS: 30 },
          { status: 503, retryAfterS: 1 },
          { status: 503, retryAfterS: 90_000 },
          { status: 429 },
          { status: 425, retryAfterS: 5 },
          { status: 408, retryAfterS: 90_000 },
          { status: 401 },
          { status: 403 },
          { status: 400 },
          { status: 409 },
          { status: 413 },
          { status: 302 },
        ]) {
          script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
          script.step("fetched", { fetch: script.takeOpen("fetch").fetch, ...end });
        }
      },
      ends: {
        retries: [
          ...["100-1000", "100-2000", "100-4000", "30000-30000", "1000-16000", "3600000-3600000"],
          ...["60000-61000", "5000-6000", "3600000-3601000", "60000-512000", "3600000-3600000"],
        ].map((wait) => `retry/${APP} ${wait}`),
        applied: [3, 1, 40, [21], "fresh"],
      },
    }),
    fault("026", "waits are doubled up to a quarter of an hour, and begin anew after an answer", {
      make: synced,
      play: (script) => {
        script.server.platform = 500;
        for (let times = 0; times < 13; times += 1) {
          offer(script, platform(41), { revision: 41 });
          script.server.platform = 500;
          script.settle();
        }
        offer(script, platform(41), { revision: 41 });
        script.settle();
        script.server.platform = 500;
        script.step("stream", { revision: { document: "platform", epoch: 3, revision: 42 } });
        script.settle();
      },
      ends: {
        retries: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 1].map(
          (seconds) => `retryLane 100-${seconds * 1000}`,
        ),
        applied: [3, 1, 41, [21], "fresh"],
      },
    }),
    fault("027", "a platform that has no keyset for this device is asked again in an hour", {
      make: () => {
        const script = fresh();
        script.server.keysets = {};
        return script;
      },
      play: start,
      ends: { asked: ["keyset"], retries: ["retryLane 3600000-3600000"], stopped: [`${APP} POLICY_EXPIRED`] },
    }),
    good("028", "a program's revisions that are named while it is fetched are looked for once more, together", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        for (const revision of [22, 23, 24]) offerProgram(script, program(revision), revision);
        script.server.silent = [];
        script.settle();
      },
      ends: {
        asked: [...FIRST, `program ${APP}`, `program ${APP}`],
        etags: [null, null, null, null, '"program-21"', '"program-24"'],
        applied: [3, 1, 40, [24], "fresh"],
      },
    }),
    fault("029", "a timer that goes off twice counts once; a look while the lane runs is one more look", {
      make: synced,
      play: (script) => {
        script.server.silent = ["keyset"];
        script.pass(30);
        script.ring("poll");
        script.ring("poll");
        script.ring("poll");
        script.ring("retryLane");
        script.ring("until");
        script.server.silent = [];
        script.settle();
      },
      ends: {
        asked: [...FIRST, "keyset 2", "platform", `program ${APP}`, "keyset 2", "platform", `program ${APP}`],
      },
    }),
    fault("030", "the etag is that of the newest document, though an older one is in force", {
      make: synced,
      play: (script) => {
        script.disk = "full";
        offer(script, platform(41), { revision: 41 });
        offerProgram(script, program(22), 22);
        script.settle();
        script.pass(30);
        script.ring("poll");
        script.settle();
      },
      ends: {
        applied: [3, 1, 40, [21], "fresh"],
        etags: [null, null, null, null, '"platform-40"', '"program-21"', null, '"platform-41"', '"program-22"'],
      },
    }),
    fault("031", "of two programs one does not come: the platform document and the other's are applied as one", {
      make: () => {
        const script = fresh();
        script.server.programs[OTHER] = program(5, { appId: OTHER });
        script.start([OTHER, APP, OTHER]);
        script.settle();
        return script;
      },
      play: (script) => {
        script.server.programs = { [APP]: program(22), [OTHER]: 500 };
        offer(script, platform(41, { minRevisions: { [APP]: 22, [OTHER]: 6 } }), { revision: 41 });
        script.settle();
      },
      ends: {
        applications: [
          [0, []],
          [0, []],
          [40, [21, 5]],
          [41, [22, 5]],
        ],
        retries: [`retry/${OTHER} 100-1000`],
        listened: [[APP, OTHER]],
      },
    }),
    good("032", "a program document that is as new as the platform document demands, or newer, is not asked for", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { minRevisions: { [APP]: 21 } }), { revision: 41 });
        script.settle();
        offer(script, platform(42, { minRevisions: { [APP]: 20, [OTHER]: 9 } }), { revision: 42 });
        script.settle();
        askBoth(script);
      },
      ends: {
        asked: [...FIRST, "platform", "platform"],
        applied: [3, 1, 42, [21], "fresh"],
        answers: ["ALLOWED", "ALLOWED"],
      },
    }),
    fault("033", "a device that is revoked while it asks still hears the answer, and tries nothing again", {
      make: synced,
      play: (script) => {
        script.server.silent = ["platform", "program"];
        offer(script, platform(41, { suspended: [APP] }), { revision: 41 });
        offerProgram(script, program(22), 22);
        script.step("stream", { revoked: true });
        script.server.silent = ["program"];
        script.settle();
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, failed: "unreachable" });
        script.settle();
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], stopped: [`${APP} PROGRAM_SUSPENDED`], retries: [], hangUps: 1 },
    }),
    fault("034", "a revoked device whose hourly look fails waits for the next one", {
      make: synced,
      play: (script) => {
        script.step("stream", { revoked: true });
        script.step("stream", { revoked: true });
        script.server.platform = 503;
        script.server.programs[APP] = 503;
        script.pass(3600);
        script.ring("poll");
        script.settle();
      },
      ends: { asked: [...FIRST, "keyset 2", "platform", `program ${APP}`], retries: [], hangUps: 1 },
    }),
    fault("035", "a program that is wanted of a revoked device is fetched, and not listened for", {
      make: () => {
        const script = fresh();
        script.start([]);
        script.settle();
        return script;
      },
      play: (script) => {
        script.step("stream", { revoked: true });
        script.step("want", { appId: APP, wanted: true });
        script.settle();
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "fresh"], listened: [[]], answers: ["ALLOWED", "ALLOWED"] },
    }),
    fault("036", "a second platform document within the five seconds makes them no longer", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        offer(script, platform(41, { minRevisions: { [APP]: 22 } }), { revision: 41 });
        script.settle();
        script.pass(3);
        offer(script, platform(42, { minRevisions: { [APP]: 23 } }), { revision: 42 });
        script.settle();
        script.pass(2);
        script.ring("alone");
        script.settle();
      },
      ends: {
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [42, [21]],
        ],
      },
    }),
    fault("037", "before its start a device does nothing, whatever happens", {
      make: fresh,
      play: (script) => {
        script.step("want", { appId: APP, wanted: true });
        script.step("stream", { hello: true });
        script.step("stream", { revoked: true });
        script.step("count", { appId: APP, versionCode: 12, increment: { requests: 1 } });
        script.step("fetched", { fetch: 1, ...bodyOf(keyset(1)) });
        script.step("stored", { write: 1 });
        script.ring("poll");
        askBoth(script);
      },
      ends: { asked: [], answers: [], totals: { produced: 0, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    fault("038", "a stream that names an epoch which no keyset has raised makes it look, and no more", {
      make: synced,
      play: (script) => {
        script.step("stream", { revision: { document: "platform", epoch: 4, revision: 1 } });
        script.settle();
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 4, revision: 1 } });
        script.settle();
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 1 } });
        script.settle();
      },
      ends: { asked: [...FIRST, "platform", `program ${APP}`], applied: [3, 1, 40, [21], "fresh"], refused: [] },
    }),
    fault("039", "one program is revoked from under another: each answer to a fetch is its own program's", {
      make: () => {
        const script = fresh();
        script.server.programs[OTHER] = program(5, { appId: OTHER });
        script.start([APP, OTHER]);
        script.settle();
        return script;
      },
      play: (script) => {
        script.server.silent = ["program"];
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.step("stream", { revision: { document: "program", appId: OTHER, epoch: 3, revision: 6 } });
        const [first, second] = [script.takeOpen("fetch"), script.takeOpen("fetch")];
        script.step("fetched", { fetch: second.fetch, ...bodyOf(program(22).jws) });
        script.step("fetched", { fetch: first.fetch, ...bodyOf(program(22).jws) });
        script.settle();
      },
      ends: { applied: [3, 1, 40, [22, 5], "fresh"], refused: ["WRONG_PROGRAM"] },
    }),
    good("040", "a stream that closes before it ever opened changes no poll", {
      make: synced,
      play: (script: Script) => {
        script.step("stream", { closed: true });
        script.step("stream", { hello: true });
        script.settle();
        script.step("stream", { closed: true });
        script.step("stream", { closed: true });
      },
      ends: {
        timers: [
          ...["poll 22500-37500", "mark 60000-60000", "alone 5000-5000", "upload 60000-60000"],
          ...["grace 82800000-82800000", "upload 60000-60000", "poll 225000-375000", "poll 22500-37500"],
        ],
      },
    }),
    fault("041", "a device of another kind goes by the least version of its own kind", {
      make: () => {
        const script = fresh();
        script.server.platform = platform(40, { minRuntime: { linux: "1.0.0", ios: "2.0.1" } });
        return script;
      },
      play: (script) => {
        script.start([APP], {
          runtime: { kind: "ios", version: "2.0.0", layers: [{ name: "sandbox", active: true }] },
        });
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 40, [21], "fresh"],
        answers: ["UPGRADE_REQUIRED", "UPGRADE_REQUIRED"],
        rules: ["/minRuntime/ios", "/minRuntime/ios"],
      },
    }),
    fault("042", "a line that cannot be read is told so, and changes nothing", {
      make: synced,
      play: (script) => {
        const at = { wall: script.wall, mono: script.mono };
        const denied = { type: "denied_api", appId: APP };
        const details = Object.fromEntries(Array.from({ length: 17 }, (_, place) => [`d${place}`, true]));
        for (const input of [
          { t: "fly", ...at },
          { t: "timer", timer: "poll", wall: at.wall },
          { t: "timer", timer: "poll", wall: -1, mono: at.mono },
          { t: "timer", timer: "poll", wall: at.wall, mono: 0.5 },
          { t: "timer", timer: "", ...at },
          { t: "timer", timer: "p".repeat(161), ...at },
          { t: "want", appId: "", wanted: false, ...at },
          { t: "want", appId: "a".repeat(129), wanted: false, ...at },
          { t: "want", appId: APP, ...at },
          { t: "fetched", fetch: 0, ...at },
          { t: "fetched", fetch: 1, status: 99, ...at },
          { t: "fetched", fetch: 1, status: 600, ...at },
          { t: "fetched", fetch: 1, status: 401, code: "c".repeat(65), ...at },
          { t: "fetched", fetch: 1, etag: "e".repeat(257), ...at },
          { t: "fetched", fetch: 1, body: "&", ...at },
          { t: "fetched", fetch: 1, missing: false, ...at },
          { t: "fetched", fetch: 1, failed: "dns", ...at },
          { t: "notStored", write: 1, reason: "lost", ...at },
          { t: "stream", revision: { document: "bundle", epoch: 3, revision: 1 }, ...at },
          { t: "stream", revision: { document: "platform", epoch: 0, revision: 41 }, ...at },
          { t: "event", event: { ...denied, type: "fell" }, ...at },
          { t: "event", event: { ...denied, detail: details }, ...at },
          { t: "start", seed: "0".repeat(31), enrolment: {}, runtime: {}, programs: [], ...at },
        ]) {
          script.unreadable({ op: "device.step", input });
        }
        script.unreadable({ op: "device.step" });
        script.unreadable({ op: "device.fly" });
        script.unreadable({ op: "device.open", state: { trust: {} } });
        script.unreadable({ op: "device.open", restart: true, torn: 99 });
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "fresh"], answers: ["ALLOWED", "ALLOWED"], asked: FIRST },
    }),
  ];
}
