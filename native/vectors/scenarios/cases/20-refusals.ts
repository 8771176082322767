import { createHash } from "node:crypto";
import { NOW, platformClaims, programClaims } from "../../cases/policy-claims";
import { craftCompact, craftGeneral } from "../../craft/craft-documents";
import { APP, ask, askBoth, DAY, type Kit, OTHER, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";
import { bodyOf, type Document, type Script } from "../script";

type Rest = Omit<ScenarioCase, "id" | "title" | "isFault">;
const HELD = [3, 1, 40, [21], "fresh"];

/** What is refused keeps the last good document, raises one event, and opens nothing: TUF's attacks among them. */
export function refusalCases(kit: Kit): ScenarioCase[] {
  const { fresh, synced, reopened, keyset, platform, program, keys, named } = kit;
  const { a, b, c, policy, rotated, stranger } = keys;
  const fault = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `refusal-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const good = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `refusal-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  const first = (change: (script: Script) => void) => () => {
    const script = fresh();
    change(script);
    return script;
  };
  const begin = (script: Script) => {
    script.start([APP]);
    script.settle();
  };
  const refusedKeyset = (id: string, title: string, jws: string, code: string) =>
    fault(id, title, {
      make: first((script) => (script.server.keysets = { 1: jws })),
      play: begin,
      ends: { asked: ["keyset"], refused: [code], applied: [0, 0, 0, [], "over"], stopped: [`${APP} POLICY_EXPIRED`] },
    });
  const refusedPlatform = (id: string, title: string, document: Document, code: string, more: object = {}) =>
    fault(id, title, {
      make: synced,
      play: (script) => {
        offer(script, document, { revision: 41 });
        script.settle();
        ask(script, "clipboard.read");
      },
      ends: { applied: HELD, refused: [code], platformFloor: [3, 40], answers: ["ALLOWED"], ...more },
    });
  const refusedProgram = (id: string, title: string, document: Document, code: string, more: object = {}) =>
    fault(id, title, {
      make: synced,
      play: (script) => {
        offerProgram(script, document, 22);
        script.settle();
        ask(script, "clipboard.read");
      },
      ends: { applied: HELD, refused: [code], programFloors: [[3, 21]], answers: ["ALLOWED"], ...more },
    });
  const walk = (
    id: string,
    title: string,
    steps: Record<number, string>,
    more: object,
    isFault: boolean,
  ): ScenarioCase => ({
    id: `refusal-${id}`,
    title,
    isFault,
    make: synced,
    play: (script: Script) => {
      script.server.keysets = { ...script.server.keysets, ...steps };
      script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 2 } });
      script.settle();
    },
    ends: more as ScenarioCase["ends"],
  });
  const corrupted = (document: Document): Document => ({ jws: `${document.jws.slice(0, -8)}AAAAAAAA` });
  const huge = 2 ** 53 - 1;

  return [
    refusedKeyset(
      "001",
      "the first keyset, signed by nobody",
      JSON.stringify({ payload: JSON.parse(keyset(1)).payload, signatures: [] }),
      "UNKNOWN_KEY",
    ),
    refusedKeyset("002", "the first keyset, malformed", "{", "MALFORMED"),
    refusedKeyset(
      "003",
      "the first keyset, of another platform",
      keyset(1, { platform: "other.test" }),
      "WRONG_PLATFORM",
    ),
    refusedKeyset(
      "004",
      "the first keyset, by strangers",
      keyset(1, { rootKeys: named([stranger, rotated]) }, [stranger, rotated]),
      "UNKNOWN_KEY",
    ),
    refusedKeyset("005", "the first keyset, one signature where two are needed", keyset(1, {}, [a]), "BAD_SIGNATURE"),
    refusedKeyset("006", "the first keyset, the same signature twice", keyset(1, {}, [a, a]), "BAD_SIGNATURE"),
    refusedKeyset(
      "007",
      "the first keyset, one key under two names",
      keyset(1, { rootKeys: named([a, { ...a, name: "again" }]) }, [a, { ...a, name: "again" }]),
      "BAD_SIGNATURE",
    ),
    good("008", "two signatures, one of them wrong, and a threshold of one", {
      make: () => {
        const script = fresh({ threshold: 1 });
        script.server.keysets = {
          1: craftGeneral(
            { ...JSON.parse(Buffer.from(JSON.parse(keyset(1)).payload, "base64url").toString()), threshold: 1 },
            [{ key: a }, { key: b, spoil: (bytes) => bytes.toReversed() }],
          ),
        };
        return script;
      },
      play: begin,
      ends: { applied: HELD, refused: [] },
    }),
    refusedPlatform("010", "a wrong signature", corrupted(platform(41)), "BAD_SIGNATURE"),
    refusedPlatform("011", "a key that nobody named", platform(41, {}, stranger), "UNKNOWN_KEY"),
    refusedPlatform("012", "a revision that goes back", platform(39), "ROLLED_BACK"),
    refusedPlatform(
      "013",
      "the same revision with other bytes",
      { jws: platform(40, { suspended: [APP] }).jws },
      "CONFLICT",
    ),
    refusedPlatform("014", "an epoch that is over", platform(4000, { epoch: 2 }), "ROLLED_BACK"),
    refusedPlatform("015", "an epoch that no keyset has raised", platform(41, { epoch: 4 }), "NOT_YET_VALID"),
    refusedPlatform("016", "another platform's", platform(41, { platform: "other.test" }), "WRONG_PLATFORM"),
    refusedPlatform("017", "a program document in its place", program(41), "WRONG_TYPE"),
    refusedPlatform("018", "a schema that is not known", platform(41, { schema: 2 }), "UNSUPPORTED_SCHEMA"),
    refusedPlatform(
      "019",
      "a document from the future",
      platform(41, { iat: NOW + 301, exp: NOW + DAY }),
      "NOT_YET_VALID",
    ),
    refusedPlatform(
      "020",
      "an expired one: its floor is raised, and nothing else",
      platform(41, { exp: NOW }),
      "EXPIRED",
      { platformFloor: [3, 41] },
    ),
    fault("021", "an expired one that suspends: the suspension acts", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { exp: NOW, suspended: [APP] }), { revision: 41 });
        script.settle();
        ask(script, "storage.local.keys");
        restart(script);
        ask(script, "storage.local.keys");
      },
      ends: {
        applied: HELD,
        stopped: [`${APP} PROGRAM_SUSPENDED`],
        answers: ["PROGRAM_SUSPENDED", "PROGRAM_SUSPENDED"],
        platformFloor: [3, 41],
      },
    }),
    fault("022", "a suspension of an expired document ends with the next good one", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { exp: NOW, suspended: [APP] }), { revision: 41 });
        script.settle();
        offer(script, platform(42), { revision: 42 });
        script.settle();
      },
      ends: { applied: [3, 1, 42, [21], "fresh"], stopped: [], suspended: [] },
    }),
    fault("023", "bytes without end", {
      make: synced,
      play: (script) => {
        script.server.silent = ["platform", "keyset"];
        script.step("stream", { revision: { document: "platform", epoch: 3, revision: 41 } });
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, tooLarge: true });
      },
      ends: { applied: HELD, refused: ["TOO_LARGE"], platformFloor: [3, 40] },
    }),
    fault("024", "a refusal that is served again and again is told of once, and over a restart as well", {
      make: synced,
      play: (script) => {
        for (let times = 0; times < 3; times += 1) {
          offer(script, platform(39), { revision: 41 });
          script.settle();
        }
        script.pass(60);
        script.ring("mark");
        script.settle();
        restart(script);
        script.settle();
      },
      ends: { refused: ["ROLLED_BACK"], applied: HELD },
    }),
    fault("025", "a stream that names a revision which the server does not have", {
      make: synced,
      play: (script) => {
        offer(script, platform(40), { revision: 41 });
        script.settle();
      },
      ends: { applied: HELD, refused: [] },
    }),
    refusedProgram("030", "a program's revision that goes back", program(20), "ROLLED_BACK"),
    refusedProgram(
      "031",
      "a program's revision with other bytes",
      { jws: program(21, { status: "suspended" }).jws },
      "CONFLICT",
    ),
    refusedProgram("032", "another program's document", program(22, { appId: "com.example.other" }), "WRONG_PROGRAM"),
    refusedProgram(
      "033",
      "host rules of which two say the same",
      program(22, { hosts: [...kit.hosts, ...kit.hosts] }),
      "MALFORMED",
    ),
    refusedProgram(
      "034",
      "a publisher's key that is none",
      program(22, { publisherKeys: [{ kid: "k", jwk: { ...a.jwk, x: b.jwk.x }, status: "active" }] }),
      "MALFORMED",
    ),
    refusedProgram("035", "an expired program document", program(22, { exp: NOW - 1 }), "EXPIRED", {
      programFloors: [[3, 22]],
    }),
    fault("036", "an expired program document that retires the program: that acts", {
      make: synced,
      play: (script) => {
        offerProgram(script, program(22, { exp: NOW - 1, status: "retired" }), 22);
        script.settle();
        ask(script, "storage.local.keys");
      },
      ends: { applied: HELD, stopped: [`${APP} PROGRAM_SUSPENDED`], answers: ["PROGRAM_SUSPENDED"] },
    }),
    fault("037", "a newer platform document beside a program document that went back: nothing is half applied", {
      make: synced,
      play: (script) => {
        script.server.programs[APP] = program(20);
        offer(script, platform(41, { minRevisions: { [APP]: 22 } }), { revision: 41 });
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 41, [21], "fresh"],
        refused: ["ROLLED_BACK"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
        programFloors: [[3, 21]],
      },
    }),
    fault("038", "a program document that is gone from the server ends nothing by that", {
      make: synced,
      play: (script) => {
        delete script.server.programs[APP];
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.settle();
        ask(script, "clipboard.read");
      },
      ends: { applied: HELD, answers: ["ALLOWED"], refused: [] },
    }),
    walk(
      "040",
      "a root leaves, another comes: signed by the old threshold and the new",
      { 2: keyset(2, { rootKeys: named([b, c, stranger]) }, [a, b, c]) },
      { applied: [3, 2, 40, [21], "fresh"], refused: [] },
      false,
    ),
    walk(
      "041",
      "new roots that the old ones did not sign",
      { 2: keyset(2, { rootKeys: named([stranger, rotated]) }, [stranger, rotated]) },
      { applied: HELD, refused: ["UNKNOWN_KEY"] },
      true,
    ),
    walk(
      "042",
      "new roots that did not sign themselves",
      { 2: keyset(2, { rootKeys: named([stranger, rotated]) }, [a, b]) },
      { applied: HELD, refused: ["BAD_SIGNATURE"] },
      true,
    ),
    walk(
      "043",
      "a higher threshold that is met, and the next by all three",
      { 2: keyset(2, { threshold: 3 }, [a, b, c]), 3: keyset(3, { threshold: 3 }, [a, b, c]) },
      { applied: [3, 3, 40, [21], "fresh"], refused: [] },
      false,
    ),
    walk(
      "044",
      "a higher threshold, and the next by two of three",
      { 2: keyset(2, { threshold: 3 }, [a, b, c]), 3: keyset(3, { threshold: 3 }, [a, b]) },
      { applied: [3, 2, 40, [21], "fresh"], refused: ["BAD_SIGNATURE"] },
      true,
    ),
    walk(
      "045",
      "a lower threshold by the old one's leave",
      { 2: keyset(2, { threshold: 1 }, [a, b]), 3: keyset(3, { threshold: 1 }, [c]) },
      { applied: [3, 3, 40, [21], "fresh"], refused: [] },
      false,
    ),
    walk(
      "046",
      "signatures of strangers beside enough right ones",
      { 2: keyset(2, {}, [a, stranger, b, rotated]) },
      { applied: [3, 2, 40, [21], "fresh"], refused: [] },
      false,
    ),
    walk(
      "047",
      "an intermediate step with a wrong signature",
      { 2: keyset(2, {}, [a]), 3: keyset(3) },
      { applied: HELD, refused: ["BAD_SIGNATURE"] },
      true,
    ),
    walk(
      "048",
      "a step that is left out: the successor's place holds the one after it",
      { 2: keyset(3) },
      { applied: HELD, refused: ["NOT_YET_VALID"] },
      true,
    ),
    walk(
      "049",
      "a successor that is the keyset itself",
      { 2: keyset(1) },
      { applied: HELD, refused: ["ROLLED_BACK"] },
      true,
    ),
    walk(
      "050",
      "a successor of another environment",
      { 2: keyset(2, { environment: "development" }) },
      { applied: HELD, refused: ["MALFORMED"] },
      true,
    ),
    walk(
      "051",
      "an expired step is walked from, and the last one lives",
      { 2: keyset(2, { exp: NOW - 1 }), 3: keyset(3) },
      { applied: [3, 3, 40, [21], "fresh"], refused: [] },
      false,
    ),
    fault("052", "a walk that ends at an expired keyset: it names no policy key", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { exp: NOW - 1 });
        script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 2 } });
        script.settle();
        offer(script, platform(41), { revision: 41 });
        script.settle();
      },
      ends: { applied: [3, 2, 40, [21], "fresh"], refused: ["UNKNOWN_KEY"], platformFloor: [3, 40] },
    }),
    good("053", "a policy key is exchanged: documents by the old one stay, new ones are by the new one", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { keys: named([rotated]) });
        script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 2 } });
        script.settle();
        ask(script, "clipboard.read");
        offer(script, platform(41, {}, rotated), { revision: 41 });
        script.settle();
      },
      ends: { applied: [3, 2, 41, [21], "fresh"], answers: ["ALLOWED"] },
    }),
    fault("060", "an epoch ends everything at once and without grace; documents of the new one start again at 1", {
      make: synced,
      play: (script) => {
        offer(script, platform(huge), { revision: huge });
        offerProgram(script, program(huge), huge);
        script.settle();
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.silent = ["platform"];
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        askBoth(script);
        script.server.silent = [];
        script.server.platform = platform(1, { epoch: 4 });
        script.server.programs[APP] = program(1, { epoch: 4 });
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [4, 2, 1, [1], "fresh"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED", "ALLOWED", "ALLOWED"],
        platformFloor: [4, 1],
        programFloors: [[4, 1]],
      },
    }),
    fault("061", "a suspension outlives the epoch in which it was said, until a document of the new one", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { suspended: [APP] }), { revision: 41 });
        script.settle();
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
      },
      ends: { applied: [4, 2, 0, [], "over"], suspended: [APP], stopped: [`${APP} PROGRAM_SUSPENDED`] },
    }),
    fault("062", "a document of the epoch before is rolled back, however high its revision", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.platform = platform(9000, { epoch: 3 });
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
      },
      ends: {
        applied: [4, 2, 0, [], "over"],
        refused: ["ROLLED_BACK", "ROLLED_BACK"],
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("063", "the status of a program outlives the epoch too", {
      make: synced,
      play: (script) => {
        offerProgram(script, program(22, { status: "suspended" }), 22);
        script.settle();
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        restart(script);
      },
      ends: { applied: [4, 2, 0, [], "over"], suspended: [APP], stopped: [`${APP} PROGRAM_SUSPENDED`] },
    }),
    fault("064", "a document whose signature is of other bytes", {
      make: synced,
      play: (script) => {
        const [head = "", , tail = ""] = platform(41).jws.split(".");
        const body = Buffer.from(JSON.stringify(platformClaims({ revision: 42 }))).toString("base64url");
        offer(script, { jws: `${head}.${body}.${tail}` }, { revision: 42 });
        script.settle();
      },
      ends: { applied: HELD, refused: ["BAD_SIGNATURE"], platformFloor: [3, 40] },
    }),
    fault("065", "a header that brings its own key", {
      make: synced,
      play: (script) => {
        const header = { alg: "ES256", typ: "bulkhead-program", kid: policy.name, jwk: policy.jwk };
        const jws = craftCompact("bulkhead-program", { key: policy, payload: programClaims({ revision: 22 }), header });
        offerProgram(script, { jws }, 22);
        script.settle();
      },
      ends: { applied: HELD, refused: ["MALFORMED"], programFloors: [[3, 21]] },
    }),
    fault("066", "an epoch ends while a program's document is fetched: what comes is of the epoch before", {
      make: synced,
      play: (script) => {
        script.server.silent = ["program"];
        offerProgram(script, program(22), 22);
        const late = script.takeOpen("fetch");
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.platform = platform(1, { epoch: 4 });
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        script.step("fetched", { fetch: late.fetch, ...bodyOf(program(22).jws) });
        script.pass(5);
        script.ring("alone");
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [4, 2, 1, [], "fresh"],
        refused: ["ROLLED_BACK"],
        programFloors: [[3, 21]],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
        stopped: [`${APP} POLICY_EXPIRED`],
      },
    }),
    fault("067", "after an epoch nothing is asked for by its etag, and `not modified` brings nothing back", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { epoch: 4 });
        script.server.silent = ["platform", "program"];
        script.step("stream", { revision: { document: "keyset", epoch: 4, revision: 2 } });
        script.settle();
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, notModified: true });
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, notModified: true });
        script.settle();
        askBoth(script);
      },
      ends: {
        etags: [null, null, null, null, null, null, null, null],
        applied: [4, 2, 0, [], "over"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED"],
      },
    }),
    walk(
      "068",
      "a walk of several steps, one of them expired, and the last one refused: it stands where it came to",
      { 2: keyset(2, { exp: NOW }), 3: keyset(3), 4: keyset(4), 5: keyset(5, {}, [a]) },
      { applied: [3, 4, 40, [21], "fresh"], refused: ["BAD_SIGNATURE"] },
      true,
    ),
    fault("069", "a walk on which an epoch rises and which goes on from there", {
      make: synced,
      play: (script) => {
        script.server.keysets = { 2: keyset(2), 3: keyset(3, { epoch: 9 }), 4: keyset(4, { epoch: 9 }) };
        script.server.platform = platform(1, { epoch: 9 });
        script.server.programs[APP] = program(1, { epoch: 9 });
        script.step("stream", { revision: { document: "keyset", epoch: 9, revision: 4 } });
        script.settle();
      },
      ends: { applied: [9, 4, 1, [1], "fresh"], refused: [] },
    }),
    fault("070", "a keyset of a lower epoch goes back, however high its revision", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { epoch: 2 });
        script.step("stream", { revision: { document: "keyset", epoch: 2, revision: 2 } });
        script.settle();
      },
      ends: { applied: HELD, refused: ["ROLLED_BACK"] },
    }),
    fault("071", "a position that an expired document took is taken: other bytes there conflict, after a restart too", {
      make: synced,
      play: (script) => {
        offer(script, platform(41, { exp: NOW }), { revision: 41 });
        script.settle();
        restart(script);
        script.server.platform = { jws: platform(41).jws };
        script.settle();
      },
      ends: { applied: HELD, platformFloor: [3, 41], refused: ["EXPIRED", "CONFLICT"] },
    }),
    good("072", "the same payload signed again is the same document: nothing is stored or applied for it", {
      make: synced,
      play: (script) => {
        script.server.keysets[2] = keyset(2, { keys: named([policy, rotated]) });
        script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 2 } });
        script.settle();
        offer(script, { jws: platform(40, {}, rotated).jws }, { revision: 41 });
        script.settle();
      },
      ends: {
        applications: [
          [0, []],
          [0, []],
          [40, [21]],
          [40, [21]],
        ],
        refused: [],
      },
    }),
    fault("073", "keysets and program documents without end are refused too, each once", {
      make: synced,
      play: (script) => {
        script.server.silent = ["keyset", "program"];
        for (let times = 0; times < 2; times += 1) {
          script.step("stream", { revision: { document: "keyset", epoch: 3, revision: 2 } });
          script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
          script.step("fetched", { fetch: script.takeOpen("fetch").fetch, tooLarge: true, ...bodyOf("") });
          script.step("fetched", { fetch: script.takeOpen("fetch").fetch, tooLarge: true, status: 500 });
          script.settle();
          script.step("fetched", { fetch: script.takeOpen("fetch").fetch, notModified: true, ...bodyOf("") });
          script.settle();
        }
      },
      ends: { applied: HELD, refused: ["TOO_LARGE", "TOO_LARGE"], refusals: 2, retries: [] },
    }),
    fault("074", "what a refusal is told by: the payload as received where there is one, else all bytes", {
      make: fresh,
      play: (script) => {
        script.server.silent = ["keyset"];
        script.start([APP]);
        for (const body of [
          keyset(1, {}, [a]),
          keyset(1, {}, [b]),
          "{",
          '{"payload":1}',
          '["payload"]',
          '{"payload":"cGF5bG9hZA"}',
          "one.cGF5bG9hZA.two",
          "one",
          "",
        ]) {
          script.step("fetched", { fetch: script.takeOpen("fetch").fetch, ...bodyOf(body) });
          script.settle();
          script.pass(1);
          script.ring("retryLane");
        }
        script.step("fetched", { fetch: script.takeOpen("fetch").fetch, body: "//79" });
      },
      ends: { refusals: 8, applied: [0, 0, 0, [], "over"] },
    }),
    fault("075", "of more than 128 refusals the oldest is forgotten, and told of again", {
      make: () =>
        reopened((trust) => {
          const oldest = createHash("sha256").update("x").digest("hex");
          const others = Array.from({ length: 127 }, (_, place) => place.toString(16).padStart(64, "0"));
          trust.refusals = [oldest, ...others];
        }),
      play: (script) => {
        script.settle();
        for (const body of ["x", "y", "x", "y"]) {
          offerProgram(script, { jws: body }, 22);
          script.settle();
        }
      },
      ends: { applied: HELD, refused: ["MALFORMED", "MALFORMED"], refusals: 128 },
    }),
    fault("076", "a refusal that nothing stored is told of again after a restart", {
      make: synced,
      play: (script) => {
        script.server.programs[APP] = program(20);
        script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision: 22 } });
        script.settle();
        restart(script);
        script.settle();
      },
      ends: { applied: HELD, refused: ["ROLLED_BACK", "ROLLED_BACK"] },
    }),
    fault("077", "a stored document that nobody can read is not there, and its floor is", {
      make: () => reopened((trust) => Object.assign(trust.platform.good, { jws: "e30.e30.e30" })),
      play: (script) => {
        askBoth(script);
        script.server.platform = platform(39);
        script.settle();
        askBoth(script);
      },
      ends: {
        applied: [3, 1, 0, [21], "over"],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED", "POLICY_EXPIRED", "POLICY_EXPIRED"],
        refused: ["ROLLED_BACK"],
        platformFloor: [3, 40],
        etags: [null, null, '"program-21"'],
      },
    }),
    fault("078", "a stored keyset that nobody can read takes the documents with it, but for what they suspend", {
      make: () => {
        const script = reopened((trust) => Object.assign(trust.keyset, { jws: "{" }), {
          platform: platform(40, { suspended: [OTHER] }),
        });
        script.server.keysets = { 1: keyset(1), 2: keyset(2, { epoch: 4 }) };
        script.server.silent = ["platform", "program"];
        return script;
      },
      play: (script) => {
        askBoth(script);
        script.settle();
        askBoth(script);
      },
      ends: {
        asked: ["keyset", "keyset 3", "platform"],
        applied: [4, 2, 0, [], "over"],
        suspended: [OTHER],
        answers: ["POLICY_EXPIRED", "POLICY_EXPIRED", "POLICY_EXPIRED", "POLICY_EXPIRED"],
        platformFloor: [3, 40],
      },
    }),
  ];
}
