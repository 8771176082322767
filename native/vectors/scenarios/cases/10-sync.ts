import { NOW } from "../../cases/policy-claims";
import { APP, askBoth, askHost, type Kit, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";

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
  ];
}
