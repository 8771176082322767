import { NOW } from "../../cases/policy-claims";
import { APP, ask, askBoth, askHost, DAY, type Kit, OTHER, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";

type Rest = Omit<ScenarioCase, "id" | "title" | "isFault">;

/** Time, as documents say it and as clocks do: what was wrong once must neither open anything nor stop it for good. */
export function clockCases(kit: Kit): ScenarioCase[] {
  const { fresh, synced, platform, program, grants } = kit;
  const fault = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `clock-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const good = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `clock-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  const STALE = ["ALLOWED", "POLICY_EXPIRED"];
  const OVER = ["POLICY_EXPIRED", "POLICY_EXPIRED"];
  return [
    fault("001", "past its end a document opens public capabilities alone, and after the grace nothing", {
      make: synced,
      play: (script) => {
        script.pass(DAY - 3600);
        script.ring("grace");
        askBoth(script);
        script.pass(3 * DAY);
        script.ring("grace");
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "over"], answers: [...STALE, ...OVER], stopped: [`${APP} POLICY_EXPIRED`] },
    }),
    fault("002", "a clock that is set back makes an expired document no better", {
      make: synced,
      play: (script) => {
        script.pass(DAY);
        script.ring("mark");
        script.settle();
        askBoth(script);
        script.jump(-DAY);
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "grace"], answers: [...STALE, ...STALE] },
    }),
    fault("003", "a clock that is set back over a restart makes it no better either", {
      make: synced,
      play: (script) => {
        script.pass(DAY);
        script.ring("mark");
        script.settle();
        script.jump(-2 * DAY);
        restart(script);
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "grace"], answers: STALE },
    }),
    fault("004", "a clock that stands still: the mark runs on with the monotonic one", {
      make: synced,
      play: (script) => {
        script.mono += DAY * 1000;
        askBoth(script);
      },
      ends: { answers: STALE },
    }),
    fault("005", "a clock a year ahead ends what is in force while it is ahead, and is told so", {
      make: synced,
      play: (script) => {
        script.jump(365 * DAY);
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "over"], answers: OVER, stopped: [`${APP} POLICY_EXPIRED`] },
    }),
    good("006", "a clock that was a year ahead and is right again: the next platform document brings everything back", {
      make: synced,
      play: (script) => {
        script.jump(365 * DAY);
        script.ring("mark");
        script.settle();
        script.jump(-365 * DAY);
        askBoth(script);
        offer(script, platform(41, { iat: NOW, exp: NOW + DAY }), { revision: 41 });
        script.settle();
        askBoth(script);
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], answers: [...OVER, "ALLOWED", "ALLOWED"], stopped: [] },
    }),
    good("007", "a platform document of a server whose clock was ahead, and the next one with an earlier time", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { iat: NOW + 300, exp: NOW + DAY }), { revision: 41 });
        script.settle();
        offer(script, platform(42, { iat: NOW + 10, exp: NOW + DAY }), { revision: 42 });
        script.settle();
        ask(script, "clipboard.read");
      },
      ends: { applied: [3, 1, 42, [21], "fresh"], answers: ["ALLOWED"], refused: [] },
    }),
    fault("008", "what comes from more than five minutes ahead is refused, however new", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { iat: NOW + 301, exp: NOW + DAY, suspended: [APP] }), { revision: 41 });
        script.settle();
      },
      ends: { applied: [3, 1, 40, [21], "fresh"], refused: ["NOT_YET_VALID"], suspended: [] },
    }),
    fault("009", "a program document never sets the time back", {
      make: synced,
      play: (script) => {
        script.pass(DAY);
        script.ring("mark");
        script.settle();
        script.jump(-DAY);
        offerProgram(script, program(22), 22);
        script.settle();
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [22], "grace"], answers: STALE },
    }),
    fault("010", "the time that a newer platform document sets back counts only once that document is stored", {
      make: synced,
      play: (script) => {
        script.jump(365 * DAY);
        script.ring("mark");
        script.settle();
        script.jump(-365 * DAY);
        script.disk = "full";
        offer(script, platform(41, { iat: NOW, exp: NOW + DAY }), { revision: 41 });
        script.settle();
        askBoth(script);
        script.disk = "works";
        script.pass(1);
        script.ring("store");
        script.settle();
        askBoth(script);
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], answers: [...OVER, "ALLOWED", "ALLOWED"] },
    }),
    fault("011", "a grant that ends by its time alone is looked at again at that second", {
      make: fresh,
      play: (script) => {
        script.server.programs[APP] = program(21, {
          grants: { ...grants, "clipboard.read": { consent: "none", until: NOW + 90 } },
        });
        script.start([APP]);
        script.settle();
        ask(script, "clipboard.read");
        script.pass(90);
        script.ring("until");
        ask(script, "clipboard.read");
      },
      ends: {
        answers: ["ALLOWED", "PERMISSION_DENIED"],
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [40, [21]],
        ],
      },
    }),
    good("012", "a document that is refreshed in time never goes stale", {
      make: synced,
      play: (script) => {
        for (const [revision, hours] of [
          [41, 12],
          [42, 24],
          [43, 36],
        ] as const) {
          script.pass(12 * 3600);
          offer(script, platform(revision, { iat: NOW + hours * 3600, exp: NOW + hours * 3600 + DAY }), { revision });
          script.settle();
          ask(script, "clipboard.read");
        }
      },
      ends: { applied: [3, 1, 43, [21], "fresh"], answers: ["ALLOWED", "ALLOWED", "ALLOWED"] },
    }),
    good("013", "what is stored is over, what the server has is not: it is back after one look", {
      make: synced,
      play: (script) => {
        script.pass(10 * DAY);
        restart(script);
        script.server.platform = platform(41, { iat: NOW + 10 * DAY, exp: NOW + 11 * DAY });
        script.settle();
        ask(script, "clipboard.read");
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], answers: ["ALLOWED"], stopped: [] },
    }),
    fault("014", "the same document again is no way to make a year ahead undone", {
      make: synced,
      play: (script) => {
        script.jump(365 * DAY);
        script.ring("mark");
        script.settle();
        script.jump(-365 * DAY);
        script.server.platform = { jws: platform(40).jws };
        script.step("stream", { hello: true });
        script.settle();
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "over"], answers: OVER },
    }),
    fault("015", "a monotonic clock that falls counts as one that stands", {
      make: synced,
      play: (script) => {
        script.mono = 0;
        askBoth(script);
        script.ring("mark");
        script.settle();
      },
      ends: { applied: [3, 1, 40, [21], "fresh"], answers: ["ALLOWED", "ALLOWED"] },
    }),
    fault("016", "no grace at all: at its end a document opens nothing", {
      make: fresh,
      play: (script) => {
        script.server.platform = platform(40, { graceSeconds: 0 });
        script.start([APP]);
        script.settle();
        script.pass(DAY - 3600);
        script.ring("grace");
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "over"], stopped: [`${APP} POLICY_EXPIRED`], answers: OVER },
    }),
    fault("017", "the grace ends while what is newer cannot be stored: all stops, until the disk takes it", {
      make: synced,
      play: (script) => {
        script.disk = "full";
        script.pass(4 * DAY - 7200);
        offer(script, platform(41, { iat: NOW + 4 * DAY - 7200, exp: NOW + 5 * DAY - 7200 }), { revision: 41 });
        script.settle();
        askBoth(script);
        script.pass(3600);
        script.ring("grace");
        askBoth(script);
        script.disk = "works";
        script.ring("store");
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 41, [21], "fresh"],
        answers: [...STALE, ...OVER, "ALLOWED", "ALLOWED"],
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [40, [21]],
          [40, [21]],
          [41, [21]],
        ],
        stopped: [],
      },
    }),
    fault("018", "a clock that stands and a device that slept: the mark goes by the monotonic clock, and stays", {
      make: synced,
      play: (script) => {
        script.mono += 2 * DAY * 1000 + 999;
        script.ring("mark");
        script.settle();
        script.mono += 1;
        restart(script);
        askBoth(script);
      },
      ends: { applied: [3, 1, 40, [21], "grace"], answers: STALE, mark: NOW - 3600 + 2 * DAY },
    }),
    fault("019", "an end further than a day is waited for day by day; a timer that goes off early is set again", {
      make: fresh,
      play: (script) => {
        const until = NOW + 2 * DAY + 60;
        script.server.programs[APP] = program(21, {
          hosts: [{ host: "api.example.com", ports: [443], purposes: ["request"], until }],
        });
        script.server.platform = platform(40, { iat: NOW, exp: NOW + DAY });
        script.start([APP]);
        script.settle();
        script.pass(DAY - 1);
        script.ring("until");
        script.pass(1);
        script.ring("grace");
        script.ring("until");
        script.pass(DAY);
        script.ring("until");
        askHost(script, "api.example.com");
        script.pass(60);
        script.ring("until");
        askHost(script, "api.example.com");
      },
      ends: {
        timers: [
          ...["poll 22500-37500", "mark 60000-60000", "alone 5000-5000", "upload 60000-60000"],
          ...["grace 86400000-86400000", "until 86400000-86400000", "upload 60000-60000"],
          ...["until 86400000-86400000", "grace 86400000-86400000", "until 86400000-86400000", "until 60000-60000"],
        ],
        answers: ["ALLOWED", "HOST_NOT_ALLOWED"],
      },
    }),
    fault("020", "pins that end before their rule are looked at again at that second, and so is the rule", {
      make: fresh,
      play: (script) => {
        const pins = { sha256: ["a".repeat(64), "b".repeat(64)], until: NOW + 60, mode: "enforce" };
        script.server.programs[APP] = program(21, {
          hosts: [{ host: "api.example.com", ports: [443], purposes: ["request"], pins, until: NOW + 120 }],
        });
        script.start([APP]);
        script.settle();
        for (let times = 0; times < 2; times += 1) {
          script.pass(60);
          script.ring("until");
          askHost(script, "api.example.com");
        }
      },
      ends: {
        answers: ["ALLOWED", "HOST_NOT_ALLOWED"],
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [40, [21]],
          [40, [21]],
        ],
      },
    }),
    fault("021", "a clock of 1970 at the first start accepts nothing; one that is right again accepts all", {
      make: () => {
        const script = fresh();
        script.wall = 0;
        return script;
      },
      play: (script) => {
        script.start([APP]);
        script.settle();
        script.wall = NOW * 1000;
        script.mono += 1000;
        script.ring("retryLane");
        script.settle();
        askBoth(script);
      },
      ends: {
        refused: ["NOT_YET_VALID"],
        retries: ["retryLane 100-1000"],
        applied: [3, 1, 40, [21], "fresh"],
        answers: ["ALLOWED", "ALLOWED"],
      },
    }),
    fault("022", "a program document that ends before the platform document: its program is stale, by the same grace", {
      make: fresh,
      play: (script) => {
        script.server.programs[APP] = program(21, { exp: NOW + 60 });
        script.server.programs[OTHER] = program(5, { appId: OTHER });
        script.start([APP, OTHER]);
        script.settle();
        script.pass(59);
        askBoth(script);
        script.pass(1);
        script.ring("grace");
        askBoth(script);
        script.pass(3 * DAY);
        script.server.silent = ["keyset"];
        offer(script, platform(41, { iat: NOW + 3 * DAY, exp: NOW + 4 * DAY }), { revision: 41 });
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 41, [21, 5], "over"],
        answers: ["ALLOWED", "ALLOWED", ...STALE, ...OVER],
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("023", "a clock that was ahead when a document came: what is in force is judged by it until that is stored", {
      make: synced,
      play: (script) => {
        script.disk = "silent";
        script.jump(2 * DAY);
        script.ring("mark");
        script.jump(-2 * DAY);
        offer(script, platform(41, { iat: NOW, exp: NOW + DAY }), { revision: 41 });
        script.settle();
        askBoth(script);
        script.step("stored", { write: script.takeOpen("store").write });
        askBoth(script);
        script.step("stored", { write: script.takeOpen("store").write });
        askBoth(script);
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], answers: [...STALE, ...STALE, "ALLOWED", "ALLOWED"], mark: NOW },
    }),
  ];
}
