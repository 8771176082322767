import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeEach, describe, expect, it } from "vitest";
import { pagesOf } from "../../../core/errors/error-pages";
import { FAULTS } from "../../bridge/frame-codec";
import { createScriptMachine, type Posted, type ScriptMachine } from "./script-machine";
import { compileScriptWasm } from "./script-wasm";

const wasm = compileScriptWasm(
  readFileSync(createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm")),
);

const REFUSALS: Readonly<Record<string, 1 | 2>> = { flood: 2, long: 1 };

let posted: Posted[];
let faults: number[];
let reasons: string[];
let cpuMs: number;
let wallMs: number;
let cpuMsALook: number;
let wallMsALook: number;
let stops: () => number;
let timers: { delayMs: number; repeats: boolean }[];
let machine: ScriptMachine;

async function start(memoryPagesMax = 1024): Promise<void> {
  machine = await createScriptMachine({
    wasm,
    memoryPagesMax,
    turnCpuMsMax: 1_000,
    turnWallMsMax: 30_000,
    ports: {
      post: (message) => {
        posted.push(message);
        return REFUSALS[message.api] ?? 0;
      },
      startTimer: (delayMs, repeats) => timers.push({ delayMs, repeats }),
      stopTimer: () => undefined,
      onFault: (reason, text) => {
        faults.push(reason);
        reasons.push(text);
      },
      // each look at the clock costs as much as ten milliseconds of running
      cpuMs: () => (cpuMs += cpuMsALook),
      wallMs: () => (wallMs += wallMsALook + stops()),
    },
  });
}
beforeEach(async () => {
  posted = [];
  faults = [];
  reasons = [];
  timers = [];
  cpuMs = 0;
  wallMs = 0;
  cpuMsALook = 10;
  wallMsALook = 10;
  stops = () => 0;
  await start();
});

const console = (): string[] => posted.filter((message) => message.kind === 2).map((message) => message.text);
const calls = (): Posted[] => posted.filter((message) => message.kind !== 2);
/** Runs a program and gives what it wrote. */
function output(source: string): string[] {
  machine.run(source);
  return console();
}

describe("what a program finds in its world", () => {
  it("is the language, the bridge, timers and a console: nothing of Node and nothing of a browser", () => {
    const foreign = ["process", "require", "module", "Buffer", "fetch", "XMLHttpRequest", "WebSocket", "WebAssembly"];
    const more = [
      "Deno",
      "performance",
      "queueMicrotask",
      "structuredClone",
      "Worker",
      "std",
      "os",
      "print",
      "scriptArgs",
    ];
    expect(
      output(`console.log(${JSON.stringify([...foreign, ...more])}.filter((name) => name in globalThis).join())`),
    ).toEqual([""]);
  });

  it("is a bridge that can't be replaced", () => {
    const [line] = output(`
      const tries = [() => { bulkhead = 1; }, () => { bulkhead.call = 1; }, () => { console.log = 1; },
        () => { delete globalThis.bulkhead; }, () => { bulkhead.storage.local.get = 1; }, () => { Object.setPrototypeOf(bulkhead.Error, null); }];
      console.log(tries.map((attempt) => { try { attempt(); return "done"; } catch { return "refused"; } }).join());
    `);
    expect(line).toBe("refused,refused,refused,refused,refused,refused");
  });

  it("leads no constructor to the engine outside", () => {
    const [line] = output(`
      const reach = (value) => { try { return typeof value.constructor.constructor("return typeof process + typeof require")(); } catch (error) { return error.name; } };
      const seen = [bulkhead.call, bulkhead.call("x"), bulkhead, setTimeout, console.log, new bulkhead.Error({}), console].map((value) => {
        try { return Function.prototype.constructor.call(null, "return typeof process")(); } catch (error) { return error.name; } });
      console.log([...new Set(seen)].join(), reach(setTimeout));
    `);
    expect(line).toBe("undefined string");
  });

  it("survives a program that replaces every built-in it can", () => {
    const [line] = output(`
      const call = bulkhead.call;
      for (const name of ["parse", "stringify"]) JSON[name] = () => { throw new Error("stolen"); };
      Promise.prototype.then = () => "stolen"; Promise.resolve = () => "stolen";
      Object.defineProperty = () => "stolen"; Reflect.apply = () => "stolen"; Array.isArray = () => true;
      Object.prototype.code = "ALLOWED"; Object.prototype.value = "polluted"; Object.prototype.body = "polluted";
      Array.prototype.map = null; String.prototype.slice = () => "stolen"; Error.prepareStackTrace = () => "stolen";
      call("device.info", { a: 1 });
      console.log("done");
    `);
    expect(line).toBe("done");
    expect(calls()).toEqual([{ kind: 0, id: 1, api: "device.info", text: '{"a":1}', body: undefined }]);
  });

  it("can't make a promise of the bridge tell tales through a species of its own", () => {
    output(`
      Object.defineProperty(Promise, Symbol.species, { value: function () { throw new Error("species"); } });
      bulkhead.call("device.info").catch(() => {});
    `);
    expect(calls()).toHaveLength(1);
    machine.reply(1, true, '{"kind":"linux"}', undefined);
    expect(faults.filter((reason) => reason !== FAULTS.uncaught)).toEqual([]);
  });
});

describe("calls", () => {
  it("come back to whom they belong, in any order", () => {
    machine.run(`for (const name of ["a", "b"]) bulkhead.call(name).then((value) => console.log(name, value.is));`);
    machine.reply(2, true, '{"is":"second"}', undefined);
    machine.reply(1, true, '{"is":"first"}', undefined);
    machine.reply(1, true, '{"is":"twice"}', undefined);
    machine.reply(99, true, "{}", undefined);
    expect(console()).toEqual(["b second", "a first"]);
  });

  it("are refused with a code, a layer, a rule, the denial's id, and what the check saw", () => {
    machine.run(`bulkhead.call("contacts.read").catch((error) => console.log(error instanceof Error, error instanceof bulkhead.Error,
      error.name, error.code, error.layer, error.rule, error.denialId, error.at, error.seen, error.wanted.join("|"), error.help, error.retryAfterMs));`);
    const answer = {
      message: "no",
      code: "RATE_LIMITED",
      layer: "limit",
      rule: "/limits/x",
      denialId: "d1",
      at: "/limits/x",
      seen: 61,
      wanted: [1, 60],
      help: "errors/RATE_LIMITED",
      retryAfterMs: 5,
    };
    machine.reply(1, false, JSON.stringify(answer), undefined);
    expect(console()).toEqual([
      "true true BulkheadError RATE_LIMITED limit /limits/x d1 /limits/x 61 1|60 errors/RATE_LIMITED 5",
    ]);
  });

  it("send a body beside the parameters and never what the program put around it", () => {
    machine.run(`
      bulkhead.network.request({ url: "u", body: "text" });
      bulkhead.network.request({ url: "u", body: new Uint8Array([9, 1, 2, 9]).subarray(1, 3) });
      bulkhead.storage.local.set("k", { body: "value" });
    `);
    const bodies = calls().map((call) => (call.body === undefined ? call.text : [...call.body]));
    expect(bodies).toEqual([[116, 101, 120, 116], [1, 2], '{"key":"k","value":{"body":"value"}}']);
  });

  it("with a number that JSON does not have are sent as what no host reads, never as another value", () => {
    machine.run(`
      for (const value of [NaN, [{ a: -Infinity }], new Number(NaN)]) bulkhead.storage.local.set("k", value);
      bulkhead.storage.local.set("k", 0.8);
    `);
    expect(calls().map(({ text }) => text)).toEqual(["NaN", "NaN", "NaN", '{"key":"k","value":0.8}']);
  });

  it("give a response's body as bytes, text and JSON", () => {
    machine.run(`bulkhead.network.request({ url: "u" }).then((answer) =>
      console.log(answer.status, answer.body.byteLength, answer.text(), answer.json().a));`);
    machine.reply(1, true, '{"status":200}', new TextEncoder().encode('{"a":"ü"}'));
    expect(console()).toEqual(['200 10 {"a":"ü"} ü']);
  });

  it("answer whether a call would be allowed by yes or no", () => {
    machine.run(`for (const api of ["a", "b"]) bulkhead.hasAccess(api).then((may) => console.log(api, may));`);
    machine.reply(1, true, "true", undefined);
    machine.reply(2, true, "false", undefined);
    expect(calls().map((call) => call.kind)).toEqual([1, 1]);
    expect(console()).toEqual(["a true", "b false"]);
  });

  it.each([
    ["where too many wait", `bulkhead.call("flood")`, "RATE_LIMITED limit"],
    ["where a name is too long for a message", `bulkhead.call("long")`, "INVALID_ARGUMENTS api"],
    ["where an answer can't be read", `bulkhead.call("broken")`, "HOST_ERROR api"],
  ])("are refused on this side %s, with a code, its help and a reason", (_where, source, said) => {
    machine.run(
      `${source}.catch((error) => console.log(error.code, error.layer, error.help, error.message.length > 9));`,
    );
    machine.reply(1, true, "{", undefined);
    const [code = ""] = said.split(" ");
    expect(console()).toEqual([`${said} errors/${code} true`]);
    expect(pagesOf(code)).not.toEqual([]);
  });
});

describe("text that crosses the engine's border", () => {
  it("is whole both ways, NUL and halves of a pair among it", () => {
    const source = String.raw`
      bulkhead.call("a\0b", { key: "k\0k", value: "\ud800" });
      bulkhead.network.request({ url: "u", body: "b\0b" }).then((r) => console.log(r.text() === "t\0t", r.value === "v\0v"));
      console.log("l\0l");`.replaceAll("\\\\", "\\");
    machine.run(source);
    const [first, second] = calls();
    expect([first?.api, JSON.parse(first?.text ?? "")]).toEqual(["a\0b", { key: "k\0k", value: "\ud800" }]);
    expect(Buffer.from(second?.body ?? []).toString()).toBe("b\0b");
    expect(console()).toEqual(["l\0l"]);
    machine.reply(second?.id ?? 0, true, JSON.stringify({ value: "v\0v" }), Buffer.from("t\0t"));
    expect(console()).toEqual(["l\0l", "true true"]);
  });
});

describe("a program that misbehaves", () => {
  it("finds the end of its memory, and the engine lives on", async () => {
    await start(512);
    expect(
      output(
        "const kept = []; try { for (;;) kept.push(new Uint8Array(1 << 20)); } catch (error) { kept.length = 0; console.log(error.name); }",
      ),
    ).toEqual(["InternalError"]);
    expect(faults).toEqual([]);
  });

  it("is interrupted when one turn takes too long, and can't catch it", () => {
    machine.run("try { for (;;); } catch { console.log('caught'); } finally { console.log('finally'); }");
    expect(faults).toEqual([FAULTS.turnTooLong]);
    expect(reasons).toEqual(["a turn took 1010 ms of processor time; at most 1000"]);
    expect(console()).toEqual([]);
  });

  it("is interrupted when a turn takes too long on the clock, however little of it it was let run", () => {
    cpuMsALook = 1;
    wallMsALook = 100;
    machine.run("for (;;);");
    expect(faults).toEqual([FAULTS.turnTooLong]);
    expect(reasons).toEqual(["a turn took 30100 ms on the clock; at most 30000"]);
  });

  it("is not ended for time in which its host or its machine had it stopped, at whatever point of a turn", () => {
    let looks = 0;
    cpuMsALook = 0.1;
    wallMsALook = 0.1;
    stops = () => (++looks % 100 === 0 ? 60_000 : 0);
    machine.run(`for (let round = 0; round < 3e6; round += 1); console.log("through");
      await null; for (let round = 0; round < 3e6; round += 1); console.log("again");`);
    expect(console()).toEqual(["through", "again"]);
    expect([looks > 200, faults]).toEqual([true, []]);
  });

  it("is interrupted within a regular expression too", () => {
    machine.run(`/(a+)+$/.test("a".repeat(50) + "b");`);
    expect(faults).toEqual([FAULTS.turnTooLong]);
  });

  it("is dead when the engine itself falls over its depth, and is never entered again", () => {
    machine.run(`setTimeout(() => console.log("again"), 1); JSON.parse("[".repeat(500000));`);
    expect(faults).toHaveLength(1);
    machine.fireTimer(1);
    machine.reply(1, true, "{}", undefined);
    expect(console()).toEqual(console().filter((line) => line !== "again"));
    expect(faults).toHaveLength(1);
  });

  it("digs too deep to its own harm alone: an error of its own, or the end of the machine", () => {
    machine.run("const dig = () => dig() + 1; try { dig(); } catch (error) { console.log(error.name); }");
    expect([...console(), ...faults]).toHaveLength(1);
  });

  it("ends when its source throws, and says what and where", () => {
    expect(output("\n  throw new TypeError('top')")).toEqual(["Uncaught TypeError: top at app.js:2:22"]);
    expect(faults).toEqual([FAULTS.uncaught]);
  });

  it("ends when its source is no program", () => {
    expect(output("let a = ;")[0]).toMatch(/^Uncaught SyntaxError: .* at app\.js:1:\d+$/);
    expect(faults).toEqual([FAULTS.uncaught]);
    expect(reasons[0]).toMatch(/^SyntaxError: .* at app\.js:1:\d+$/);
  });

  it.each([
    [
      "a rejection of its first lines",
      "await Promise.reject(new RangeError('r'))",
      /^Uncaught RangeError: r at app\.js:1:\d+$/,
    ],
    ["what is no error", "throw 5", /^Uncaught 5$/],
    ["an object", "throw { a: 1 }", /^Uncaught \{"a":1\}$/],
    [
      "an error that cannot be said",
      "throw { get message() { throw 1; } }",
      /^Uncaught something that cannot be said$/,
    ],
    ["text with a NUL in it", "throw new Error('a\\0b')", /^Uncaught Error: a\0b at app\.js:1:\d+$/],
  ])("is told what nobody caught: %s", (_what, source, line) => {
    expect(output(source)[0]).toMatch(line);
    expect(faults).toEqual([FAULTS.uncaught]);
  });

  it("is told where somebody wrote it, where its source has a map", () => {
    const map = { version: 3, sources: ["src/main.ts"], names: [], mappings: "AAIA" };
    const inline = `//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify(map))}`;
    expect(output(`throw new Error("x");\n${inline}`)).toEqual(["Uncaught Error: x at src/main.ts:5:1"]);
    expect(reasons).toEqual(["Error: x at src/main.ts:5:1"]);
  });

  it("is told the whole way that an error came, function by function", () => {
    const [line = ""] = output("function inner() { throw new Error('x'); }\nfunction outer() { inner(); }\nouter();");
    expect(line.split("\n")).toEqual([
      "Uncaught Error: x at app.js:1:35",
      "    at inner (app.js:1:35)",
      expect.stringMatching(/^ {4}at outer \(app\.js:2:\d+\)$/),
      expect.stringMatching(/^ {4}at <anonymous> \(app\.js:3:\d+\)$/),
    ]);
  });

  it("is told how many functions more there were, and how long a text was, where they are cut", () => {
    const [deep = ""] = output(
      "const dig = (left) => { if (left === 0) throw new Error('deep'); dig(left - 1); }; dig(40);",
    );
    expect(deep.split("\n").length).toBe(18);
    expect(deep).toMatch(/\n {4}… \d+ more$/);
    expect(deep.length).toBeLessThanOrEqual(4096);
  });

  it("says of a text that it cuts how long it was", () => {
    const [long = ""] = output("throw new Error('x'.repeat(5000));");
    expect(long).toMatch(/^Uncaught Error: x+… \(5007 characters, cut\) at app\.js:1:\d+$/);
  });

  it("says no more of a place than a line and a column, whatever its error says of itself", () => {
    const [line = ""] = output(`throw { name: "N", message: "m", stack: "at app.js:" + "1".repeat(3000) }`);
    expect(line.length).toBeLessThan(100);
    expect(line).toMatch(/^Uncaught N: m at app\.js:1+$/);
  });

  it.each([
    ["a promise of its own", "Promise.reject(new Error('r'))", "Error: r at app.js:1:25"],
    ["an async function that nobody waits for", "(async () => { throw new Error('a'); })()", "Error: a at app.js:1:31"],
    [
      "one that throws after a wait",
      "(async () => { await null; throw new Error('w'); })()",
      "Error: w at app.js:1:43",
    ],
    ["what comes after it", "Promise.resolve().then(() => { throw new Error('t'); })", "Error: t at app.js:1:47"],
    ["what is no error", "Promise.reject({ a: 1 })", '{"a":1}'],
    ["nothing at all", "Promise.reject()", "undefined"],
  ])("is told of a rejection that nobody handles, with its place: %s", (_what, source, said) => {
    expect(output(source).map((line) => line.split("\n")[0])).toEqual([`Uncaught ${said}`]);
    expect(faults).toEqual([]);
  });

  it("is told of a call's refusal that nobody handles, and of the function of a timer", () => {
    machine.run("bulkhead.call('contacts.read'); setTimeout(async () => { throw new Error('late'); }, 1);");
    expect(console()).toEqual([]);
    machine.reply(1, false, JSON.stringify({ message: "no", code: "PERMISSION_DENIED" }), undefined);
    machine.fireTimer(1);
    expect(console().map((line) => line.split("\n")[0])).toEqual([
      "Uncaught BulkheadError: no",
      "Uncaught Error: late at app.js:1:73",
    ]);
  });

  it("is told of none that somebody handles within its turn, however late", () => {
    machine.run(`
      const late = Promise.reject(new Error("late")); await null; await null; late.catch(() => {});
      await Promise.allSettled(Array.from({ length: 6000 }, (_, nth) => Promise.reject(nth)));
      try { await (async () => { throw 1; })(); } catch {}
      bulkhead.call("device.info").then(() => {}, () => {});
    `);
    machine.reply(1, false, JSON.stringify({ message: "no", code: "PERMISSION_DENIED" }), undefined);
    expect([console(), faults]).toEqual([[], []]);
  });

  it("is told of a storm of them by the first and by the number of the rest, whether or not their promises live", () => {
    const lines = output(
      `const kept = []; for (let nth = 0; nth < 20000; nth += 1) { const one = Promise.reject(nth); if (nth % 2) kept.push(one); }`,
    );
    const [more, ...told] = lines.reverse();
    const said = /^Uncaught: (\d+) more rejections that nobody handled$/.exec(more ?? "")?.[1];
    expect(Number(said) + told.length).toBe(20_000);
    expect(told).toHaveLength(16);
    expect(output("undefined")).toEqual(console());
  });

  it("is told of them where no memory is left to keep one, at least by their number", async () => {
    await start(512);
    const lines = output(`
      const kept = []; try { for (;;) kept.push(new Uint8Array(1 << 20)); } catch {} try { for (;;) kept.push(new Uint8Array(1 << 10)); } catch {}
      try { for (;;) kept.push({}); } catch {}
      for (let nth = 0; nth < 3; nth += 1) try { Promise.reject(7); } catch {}
      kept.length = 0; Promise.reject(8);`);
    expect(lines.at(-1)).toMatch(/^Uncaught(?: 8|: \d+ more rejections that nobody handled)$/);
  });

  it("is told of a rejection once where its first lines end with it, and of those beside it", () => {
    expect(output("Promise.reject(1); await Promise.reject(2)")).toEqual(["Uncaught 1", "Uncaught 2"]);
    expect(faults).toEqual([FAULTS.uncaught]);
  });

  it("goes on after a timer or a rejection of its own failed", () => {
    machine.run(
      `setTimeout(() => { throw new Error("in a timer"); }, 5); Promise.reject(new Error("nobody listens")); setTimeout(() => console.log("on"), 5);`,
    );
    machine.fireTimer(1);
    machine.fireTimer(2);
    expect(console()).toEqual([
      expect.stringMatching(/^Uncaught Error: nobody listens at app\.js:1:\d+/),
      "Uncaught Error: in a timer at app.js:1:35",
      "on",
    ]);
    expect(faults).toEqual([]);
  });

  it("imports nothing", () => {
    machine.run(`for (const name of ["node:fs", "fs", "./other.js", "https://x.test/a.js", "data:text/javascript,1", "std", "os"])
      import(name).then(() => console.log("imported", name), () => console.log("no"));`);
    expect(console()).toEqual(Array(7).fill("no"));
  });

  it("writes lines no longer than their bound, and no object of another's making breaks the console", () => {
    const lines = output(
      `console.log("x".repeat(100000)); console.log({ toJSON() { throw new Error("trap"); } }, Symbol("s"));`,
    );
    expect(lines[0]).toMatch(/^x+… \(100000 characters, cut\)$/);
    expect(lines[0]?.length).toBeLessThanOrEqual(4096);
    expect(lines[1]).toBe("[unprintable] Symbol(s)");
    expect(output(`console.log("y".repeat(5000), "z");`).at(-1)).toMatch(/^y+… \(5000 characters and more, cut\)$/);
  });
});
