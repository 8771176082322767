import { NOW } from "../../cases/policy-claims";
import { APP, ask, askBoth, askHost, DAY, type Kit, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";
import { bodyOf, type Script } from "../script";

type Rest = Omit<ScenarioCase, "id" | "title" | "isFault">;
const HELD = [3, 1, 40, [21], "fresh"];

/** Disks that take nothing, answer late or not at all: what narrows acts all the same, what widens waits. */
export function diskCases(kit: Kit): ScenarioCase[] {
  const { synced, fresh, keyset, platform, program, grants } = kit;
  const fault = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `disk-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const good = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `disk-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  const on = (disk: Script["disk"]) => () => {
    const script = synced();
    script.disk = disk;
    return script;
  };
  const wider = { ...grants, "sensors.motion": { consent: "none" } };
  const versions = [
    { code: 12, name: "1.12", sha256: "a".repeat(64), size: 1, kid: "k", declares: Object.keys(wider) },
  ];
  const widerProgram = (revision: number) => program(revision, { grants: wider, versions });
  const publish = (script: Script) => {
    script.server.programs[APP] = widerProgram(22);
    offer(script, platform(41, { minRevisions: { [APP]: 22 } }), { revision: 41 });
  };
  const NEW = [3, 1, 41, [22], "fresh"];

  return [
    fault("001", "a full disk: a suspension acts as soon as it is verified", {
      make: on("full"),
      play: (script) => {
        offer(script, platform(41, { suspended: [APP] }), { revision: 41 });
        script.settle();
        ask(script, "storage.local.keys");
      },
      ends: {
        applied: HELD,
        suspended: [APP],
        stopped: [`${APP} PROGRAM_SUSPENDED`],
        answers: ["PROGRAM_SUSPENDED"],
        rules: ["/suspended/0"],
      },
    }),
    fault("002", "a disk that never answers: a blocked host is blocked", {
      make: on("silent"),
      play: (script) => {
        askHost(script, "api.example.com");
        offer(script, platform(41, { blockedHosts: ["example.com"] }), { revision: 41 });
        script.settle();
        askHost(script, "api.example.com");
      },
      ends: { applied: HELD, blockedHosts: ["example.com"], answers: ["ALLOWED", "HOST_BLOCKED_BY_PLATFORM"] },
    }),
    fault("003", "a full disk: a program's own suspension acts", {
      make: on("full"),
      play: (script) => {
        offerProgram(script, program(22, { status: "suspended" }), 22);
        script.settle();
        ask(script, "storage.local.keys");
      },
      ends: {
        applied: HELD,
        stopped: [`${APP} PROGRAM_SUSPENDED`],
        answers: ["PROGRAM_SUSPENDED"],
        rules: ["/status"],
      },
    }),
    fault("004", "a full disk: a grant that the newer document takes away is gone", {
      make: on("full"),
      play: (script) => {
        offerProgram(script, program(22, { grants: { "storage.local": { consent: "none" } } }), 22);
        script.settle();
        askBoth(script);
      },
      ends: { applied: HELD, answers: ["ALLOWED", "PERMISSION_DENIED"] },
    }),
    fault("005", "a full disk: a grant that the newer document gives is not there yet", {
      make: on("full"),
      play: (script) => {
        offerProgram(script, widerProgram(22), 22);
        script.settle();
        ask(script, "sensors.motion.read");
        ask(script, "clipboard.read");
      },
      ends: { applied: HELD, answers: ["UNKNOWN_API", "ALLOWED"] },
    }),
    fault("006", "a full disk: a host that the newer document adds is not reached, one that it drops neither", {
      make: on("full"),
      play: (script) => {
        offerProgram(
          script,
          program(22, { hosts: [{ host: "new.example.com", ports: [443], purposes: ["request"] }] }),
          22,
        );
        script.settle();
        askHost(script, "new.example.com");
        askHost(script, "api.example.com");
      },
      ends: { answers: ["HOST_NOT_ALLOWED", "HOST_NOT_ALLOWED"], rules: [null, null] },
    }),
    fault("007", "limits, least revisions and runtimes of what is not stored do not act yet", {
      make: on("full"),
      play: (script) => {
        offer(script, platform(41, { minRevisions: { [APP]: 99 }, minRuntime: { linux: "9.0.0" } }), { revision: 41 });
        script.settle();
        askBoth(script);
      },
      ends: { applied: HELD, answers: ["ALLOWED", "ALLOWED"] },
    }),
    fault("008", "a full disk: a suspension is lifted only once that is stored", {
      make: () => {
        const script = synced();
        offer(script, platform(41, { suspended: [APP] }), { revision: 41 });
        script.settle();
        script.disk = "full";
        return script;
      },
      play: (script) => {
        offer(script, platform(42), { revision: 42 });
        script.settle();
        ask(script, "storage.local.keys");
      },
      ends: { applied: [3, 1, 41, [21], "fresh"], suspended: [APP], answers: ["PROGRAM_SUSPENDED"] },
    }),
    fault("009", "a full disk: a keyset of a higher epoch ends what was in force", {
      make: on("full"),
      play: (script) => {
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [4, 2, 0, [], "over"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("010", "a disk that was full is tried again after 1, 2, 4 … 60 seconds", {
      make: on("full"),
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
        for (const seconds of [1, 2, 4, 8, 16, 32, 60]) {
          script.pass(seconds);
          script.ring("store");
          script.settle();
        }
      },
      ends: { applied: HELD, lastTimer: { e: "timer", timer: "store", minMs: 60_000, maxMs: 60_000 } },
    }),
    good("011", "a disk that was full and has room again: what waited is stored and applied", {
      make: on("full"),
      play: (script) => {
        publish(script);
        script.settle();
        script.disk = "works";
        script.pass(1);
        script.ring("store");
        script.settle();
      },
      ends: { applied: NEW, platformFloor: [3, 41] },
    }),
    fault("012", "a restart before anything of a publish was stored: the old state, and the publish again", {
      make: on("silent"),
      play: (script) => {
        publish(script);
        script.settle();
        script.server.silent = ["keyset"];
        restart(script);
        askBoth(script);
      },
      ends: { applied: HELD, answers: ["ALLOWED", "ALLOWED"], platformFloor: [3, 40] },
    }),
    fault("013", "a first start on a full disk: nothing runs by what is not stored", {
      make: () => {
        const script = fresh();
        script.disk = "full";
        return script;
      },
      play: (script) => {
        script.start([APP]);
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 0, [], "over"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("014", "a stored answer that comes twice applies once", {
      make: on("silent"),
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
        const { write } = script.takeOpen("store");
        script.step("stored", { write });
        script.step("stored", { write });
        script.step("notStored", { write, reason: "io" });
      },
      ends: {
        applied: [3, 1, 41, [21], "fresh"],
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [41, [21]],
        ],
      },
    }),
    fault("015", "of two documents that wait for the disk the newer counts, whatever the first allowed", {
      make: on("full"),
      play: (script) => {
        offerProgram(script, program(22, { status: "suspended" }), 22);
        script.settle();
        offerProgram(script, program(23, { grants: {} }), 23);
        script.settle();
        askBoth(script);
      },
      ends: { applied: HELD, answers: ["PERMISSION_DENIED", "PERMISSION_DENIED"], programFloors: [[3, 23]] },
    }),
    fault("016", "a disk that is read-only for days: suspensions act, and the time runs on", {
      make: on("full"),
      play: (script) => {
        script.pass(DAY);
        script.ring("mark");
        script.settle();
        askBoth(script);
        offer(script, platform(41, { iat: NOW + DAY, exp: NOW + 2 * DAY, suspended: [APP] }), { revision: 41 });
        script.settle();
        askBoth(script);
      },
      ends: { answers: ["ALLOWED", "POLICY_EXPIRED", "PROGRAM_SUSPENDED", "PROGRAM_SUSPENDED"] },
    }),
    fault("017", "of a newer document that lifts and narrows, only the narrowing acts until it is stored", {
      make: () => {
        const script = synced();
        offerProgram(script, program(22, { status: "suspended" }), 22);
        script.settle();
        script.disk = "silent";
        return script;
      },
      play: (script) => {
        offerProgram(script, program(23, { grants: { "storage.local": { consent: "none" } } }), 23);
        script.settle();
        askBoth(script);
        script.step("stored", { write: script.takeOpen("store").write });
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 40, [23], "fresh"],
        answers: ["PROGRAM_SUSPENDED", "PERMISSION_DENIED", "ALLOWED", "PERMISSION_DENIED"],
        rules: ["/status", null, "/grants/storage.local", null],
        stopped: [],
      },
    }),
    fault("018", "hosts that either platform document blocks are blocked, until the newer one is stored", {
      make: () => {
        const script = synced();
        offer(script, platform(41, { blockedHosts: ["EXAMPLE.com", "old.test"] }), { revision: 41 });
        script.settle();
        script.disk = "silent";
        return script;
      },
      play: (script) => {
        askHost(script, "api.example.com");
        offer(script, platform(42, { blockedHosts: ["new.test", "old.test"] }), { revision: 42 });
        script.settle();
        askHost(script, "api.example.com");
        script.step("notStored", { write: script.takeOpen("store").write, reason: "readonly" });
        askHost(script, "api.example.com");
        script.disk = "works";
        script.pass(1);
        script.ring("store");
        script.settle();
        askHost(script, "api.example.com");
      },
      ends: {
        blockedHosts: ["new.test", "old.test"],
        answers: ["HOST_BLOCKED_BY_PLATFORM", "HOST_BLOCKED_BY_PLATFORM", "HOST_BLOCKED_BY_PLATFORM", "ALLOWED"],
      },
    }),
    fault("019", "a document that comes while another's write is out waits for its own: both are applied as one", {
      make: on("silent"),
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        offerProgram(script, program(22), 22);
        script.settle();
        script.step("stored", { write: script.takeOpen("store").write });
        script.settle();
        script.step("stored", { write: script.takeOpen("store").write });
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
    fault("020", "an epoch ends while a document waits for the disk: that it is stored brings it into force no more", {
      make: on("silent"),
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.silent = ["platform", "program"];
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        script.disk = "works";
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [4, 2, 0, [], "over"],
        platformFloor: [3, 41],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
      },
    }),
    fault("021", "a device that is revoked while a write is out applies it all the same", {
      make: on("silent"),
      play: (script) => {
        publish(script);
        script.settle();
        script.step("stream", { revoked: true });
        script.disk = "works";
        script.settle();
      },
      ends: { applied: NEW, hangUps: 1, sends: 3 },
    }),
    fault("022", "a restart in the middle of an epoch's change: the new epoch, or the old one and its documents", {
      make: on("silent"),
      play: (script) => {
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.silent = ["platform", "program"];
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        script.server.silent.push("keyset");
        restart(script);
        askBoth(script);
        const { fetch } = script.takeOpen("fetch");
        const effects = script.step("fetched", { fetch, ...bodyOf(keyset(2, { epoch: 4 })) });
        const store = effects.find((effect) => effect.e === "store" && effect.part === "trust");
        restart(script, { torn: store?.e === "store" ? store.write : 0 });
        askBoth(script);
      },
      ends: {
        applied: [4, 2, 0, [], "over"],
        answers: ["ALLOWED", "ALLOWED", "POLICY_EXPIRED", "POLICY_EXPIRED"],
      },
    }),
    fault("023", "one timer for both parts: what fails while it is set waits for it as well", {
      make: on("full"),
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
        script.step("count", { appId: APP, versionCode: 12, increment: { requests: 1 } });
        script.settle();
        script.step("count", { appId: APP, versionCode: 12, increment: { requests: 1 } });
        script.ring("mark");
        script.disk = "works";
        script.pass(1);
        script.ring("store");
        script.settle();
      },
      ends: {
        applied: [3, 1, 41, [21], "fresh"],
        timers: [
          ...["poll 22500-37500", "mark 60000-60000", "alone 5000-5000", "upload 60000-60000"],
          ...["grace 82800000-82800000", "upload 60000-60000", "alone 5000-5000", "store 1000-1000"],
          ...["mark 60000-60000", "upload 60000-60000"],
        ],
      },
    }),
    fault("024", "a suspension that is lifted acts until that is stored, and so over a restart before it", {
      make: () => {
        const script = synced();
        offer(script, platform(41, { exp: NOW, suspended: [APP] }), { revision: 41 });
        script.settle();
        script.disk = "silent";
        return script;
      },
      play: (script) => {
        offer(script, platform(42), { revision: 42 });
        script.settle();
        ask(script, "storage.local.keys");
        askHost(script, "api.example.com");
        script.server.silent = ["keyset"];
        restart(script);
        ask(script, "storage.local.keys");
      },
      ends: {
        applied: HELD,
        suspended: [APP],
        answers: ["PROGRAM_SUSPENDED", "ALLOWED", "PROGRAM_SUSPENDED"],
      },
    }),
    good("025", "what is stored late is applied with what came since, and a restart finds it in force", {
      make: on("silent"),
      play: (script) => {
        publish(script);
        script.settle();
        script.disk = "works";
        script.settle();
        restart(script);
        askBoth(script);
        ask(script, "storage.local.keys");
      },
      ends: { applied: NEW, answers: ["ALLOWED", "ALLOWED", "ALLOWED"] },
    }),
    fault(
      "026",
      "an epoch ends while the lifting of a suspension waits for the disk: both documents' suspensions are held",
      {
        make: () => {
          const script = synced();
          offer(script, platform(41, { suspended: [APP] }), { revision: 41 });
          script.settle();
          script.disk = "full";
          return script;
        },
        play: (script) => {
          offer(script, platform(42, { suspended: ["com.example.later"] }), { revision: 42 });
          script.settle();
          script.server.keysets[2] = keyset(2, { epoch: 4 });
          script.server.silent = ["platform", "program"];
          script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
          script.settle();
        },
        ends: { applied: [4, 2, 0, [], "over"], suspended: ["com.example.later", APP] },
      },
    ),
    ...everyStore(kit, publish, NEW),
  ];
}

/**
 * A publish that suspends nothing, with each of its writes failing in turn, or cut off by a restart before the disk
 * answered: what is in force afterwards is what was before or what was published, never a third.
 */
function everyStore(kit: Kit, publish: (script: Script) => void, published: unknown): ScenarioCase[] {
  const numbers = [1, 2, 3, 4];
  /** Answers the writes of the publish until the N-th, which stays open. */
  const untilStore = (script: Script, nth: number) => {
    script.disk = "silent";
    publish(script);
    for (let count = 1; count < nth; count += 1) {
      script.settle();
      script.step("stored", { write: script.takeOpen("store").write });
    }
    script.settle();
    return script.takeOpen("store").write;
  };
  const endOf = (play: (script: Script) => void, applied: unknown) => ({
    make: kit.synced,
    play,
    ends: { applied } as ScenarioCase["ends"],
  });
  return numbers.flatMap((nth): ScenarioCase[] => [
    {
      id: `disk-1${nth}1`,
      title: `write ${nth} of a publish fails once: it is tried again, and the publish is in force`,
      isFault: true,
      ...endOf((script) => {
        script.step("notStored", { write: untilStore(script, nth), reason: "io" });
        script.disk = "works";
        script.settle();
        script.pass(1);
        script.ring("store");
        script.settle();
      }, published),
    },
    {
      id: `disk-1${nth}2`,
      title: `a restart while write ${nth} of a publish is not done: what was stored before it is in force`,
      isFault: true,
      ...endOf(
        (script) => {
          untilStore(script, nth);
          script.disk = "works";
          restart(script);
        },
        nth <= BOTH_STORED_AFTER ? [3, 1, nth <= PLATFORM_STORED_AFTER ? 40 : 41, [21], "fresh"] : published,
      ),
    },
    {
      id: `disk-1${nth}3`,
      title: `a restart after write ${nth} of a publish was done and never answered: it counts`,
      isFault: true,
      ...endOf((script) => {
        const write = untilStore(script, nth);
        script.disk = "works";
        restart(script, { torn: write });
        script.settle();
      }, published),
    },
  ]);
}

/** Which write has the platform document, and which the program's too. */
const PLATFORM_STORED_AFTER = 1;
const BOTH_STORED_AFTER = 2;
