/**
 * What a program finds in its world, evaluated before its own source. It receives the few functions of the engine as
 * arguments, so that no global leads to them, and keeps the built-ins it needs before the program can replace them.
 * What crosses is text, numbers and copies of bytes: never an object of the engine. Text crosses as its JSON, since the
 * engine's own ends at a NUL.
 */
export const GUEST_PRELUDE = `(function (post, startTimer, stopTimer, decodeUtf8) {
"use strict";
const { parse, stringify } = JSON;
const { create, defineProperty, freeze, isFrozen } = Object;
const { apply } = Reflect;
const PromiseOf = Promise;
const ErrorOf = Error;
const StringOf = String;
const NumberOf = Number;
const TypeErrorOf = TypeError;
const RangeErrorOf = RangeError;
const isArray = Array.isArray;
const isView = ArrayBuffer.isView;
const BytesOf = Uint8Array;
const isBuffer = (value) => value instanceof ArrayBuffer;
const slice = String.prototype.slice;
const bufferSlice = ArrayBuffer.prototype.slice;
const CALL = 0, ASK = 1;
const TEXT_MAX = 4096;
/* Of what was thrown: its place, and what is said of a cut, find room beside it. */
const THROWN_MAX = 3500;
const STACK_MAX = 16384;
const REASONS = ["", "too long for one message", "too many calls are waiting"];

const fixed = (target, name, value) => {
  const descriptor = create(null);
  descriptor.value = value;
  defineProperty(target, name, descriptor);
};

class BulkheadError extends ErrorOf {
  constructor(answer) {
    super(StringOf(answer.message));
    fixed(this, "name", "BulkheadError");
    fixed(this, "code", answer.code);
    fixed(this, "layer", answer.layer);
    fixed(this, "rule", answer.rule);
    fixed(this, "denialId", answer.denialId);
    fixed(this, "at", answer.at);
    fixed(this, "seen", answer.seen);
    fixed(this, "wanted", answer.wanted);
    fixed(this, "help", answer.help);
    if (answer.limit !== undefined) fixed(this, "limit", answer.limit);
    if (answer.used !== undefined) fixed(this, "used", answer.used);
    if (answer.retryAfterMs !== undefined) fixed(this, "retryAfterMs", answer.retryAfterMs);
  }
}
freeze(BulkheadError.prototype);
freeze(BulkheadError);

const waiting = create(null);
let lastId = 0;

const bytesOf = (body) => {
  if (isBuffer(body)) return body;
  if (isView(body)) return apply(bufferSlice, body.buffer, [body.byteOffset, body.byteOffset + body.byteLength]);
  return undefined;
};

/* A body of bytes or text travels beside the parameters, since it may be longer than a message. */
const splitBody = (params) => {
  if (params === null || typeof params !== "object" || isArray(params)) return { params, body: undefined };
  const given = params.body;
  const body = typeof given === "string" ? given : bytesOf(given);
  if (body === undefined) return { params, body };
  const rest = create(null);
  for (const name in params) if (name !== "body") rest[name] = params[name];
  return { params: rest, body };
};

/* JSON has no NaN and no infinity, and null in their place would be another value: such parameters are sent as no JSON. */
const encode = (params) => {
  let isSayable = true;
  const text = stringify(params, (_, value) => {
    const number = value instanceof NumberOf ? +value : value;
    if (typeof number === "number" && number - number !== 0) isSayable = false;
    return value;
  });
  return isSayable ? text : "NaN";
};

const same = (value) => value;
const send = (kind, api, params, network, pick) =>
  new PromiseOf((resolve, reject) => {
    if (typeof api !== "string") throw new TypeErrorOf("the name of an API is a string");
    const parts = network ? splitBody(params) : { params, body: undefined };
    const text = parts.params === undefined ? "" : encode(parts.params);
    const id = (lastId = (lastId % 4294967295) + 1);
    const entry = create(null);
    entry.resolve = resolve;
    entry.reject = reject;
    entry.kind = kind;
    entry.pick = pick;
    waiting[id] = entry;
    const body = typeof parts.body === "string" ? stringify(parts.body) : parts.body;
    const reason = post(kind, id, stringify(api), text === undefined ? "" : text, body);
    if (reason === 0) return;
    delete waiting[id];
    reject(new BulkheadError({
      message: REASONS[reason], code: reason === 1 ? "INVALID_ARGUMENTS" : "RATE_LIMITED",
      layer: reason === 1 ? "api" : "limit", rule: null, denialId: null, at: null, seen: null, wanted: null,
      help: reason === 1 ? "errors/INVALID_ARGUMENTS" : "errors/RATE_LIMITED",
    }));
  });

const withBody = (value, body) => {
  if (body === undefined || value === null || typeof value !== "object") return value;
  value.body = body;
  let text;
  const read = () => (text === undefined ? (text = parse(decodeUtf8(body))) : text);
  fixed(value, "text", read);
  fixed(value, "json", () => parse(read()));
  return value;
};

const onReply = (id, ok, text, body) => {
  const entry = waiting[id];
  if (entry === undefined) return;
  delete waiting[id];
  let value;
  try {
    value = text === "" ? undefined : parse(text);
  } catch {
    entry.reject(new BulkheadError({
      message: "what was kept can't be read any more", code: "HOST_ERROR", layer: "api", rule: null, denialId: null,
      at: null, seen: null, wanted: null, help: "errors/HOST_ERROR",
    }));
    return;
  }
  if (entry.kind === ASK) entry.resolve(ok === 1 && value === true);
  else if (ok === 1) entry.resolve(entry.pick(withBody(value, body)));
  else entry.reject(new BulkheadError(value));
};

const timers = create(null);
const onTimer = (token) => {
  const timer = timers[token];
  if (timer === undefined) return;
  if (!timer.repeats) delete timers[token];
  apply(timer.run, undefined, timer.args);
};
const schedule = (repeats) => (run, delay, ...args) => {
  if (typeof run !== "function") throw new TypeErrorOf("a timer takes a function");
  const token = startTimer(NumberOf(delay) || 0, repeats);
  if (token === 0) throw new RangeErrorOf("too many timers");
  const timer = create(null);
  timer.run = run;
  timer.args = args;
  timer.repeats = repeats;
  timers[token] = timer;
  return token;
};
const cancel = (token) => {
  if (typeof token !== "number" || timers[token] === undefined) return;
  delete timers[token];
  stopTimer(token);
};

/* What is cut says so, and how long it was. */
const cut = (text, most, isMore) =>
  text.length <= most && !isMore ? text
    : apply(slice, text, [0, most - 48]) + "\\u2026 (" + text.length + (isMore ? " characters and more, cut)" : " characters, cut)");
const describe = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof ErrorOf) return StringOf(value.name) + ": " + StringOf(value.message);
  if (typeof value === "object" && value !== null) {
    const text = stringify(value);
    if (typeof text === "string") return text;
  }
  return StringOf(value);
};
/* What was thrown, as JSON: whatever it is, and whatever its members do. */
const onThrown = (thrown) => {
  let text, stack = "";
  try {
    const isError = typeof thrown === "object" && thrown !== null && typeof thrown.message === "string";
    text = isError ? StringOf(thrown.name) + ": " + thrown.message : describe(thrown);
    if (isError && typeof thrown.stack === "string") stack = thrown.stack;
  } catch { text = "something that cannot be said"; }
  return stringify({ text: cut(text, THROWN_MAX, false), stack: apply(slice, stack, [0, STACK_MAX]) });
};
const write = (level) => (...values) => {
  let text = "", index = 0;
  for (; index < values.length && text.length <= TEXT_MAX; index += 1) {
    let part;
    try { part = describe(values[index]); } catch { part = "[unprintable]"; }
    text += (index === 0 ? "" : " ") + part;
  }
  post(2, level, '""', stringify(cut(text, TEXT_MAX, index < values.length)), undefined);
};
const console = create(null);
fixed(console, "debug", write(0));
fixed(console, "log", write(1));
fixed(console, "info", write(1));
fixed(console, "warn", write(2));
fixed(console, "error", write(3));

const isNetwork = (api) => typeof api === "string" && apply(slice, api, [0, 8]) === "network.";
const call = (api, params) => send(CALL, api, params, isNetwork(api), same);
const hasAccess = (api) => send(ASK, api, undefined, false, same);
const member = (api) => (params = {}) => call(api, params);
const group = (members) => {
  const object = create(null);
  for (const name in members) fixed(object, name, members[name]);
  return freeze(object);
};
const bulkhead = group({
  call,
  hasAccess,
  Error: BulkheadError,
  device: group({ info: member("device.info") }),
  haptics: group({ vibrate: member("haptics.vibrate") }),
  network: group({ request: member("network.request") }),
  storage: group({
    local: group({
      get: (key) => send(CALL, "storage.local.get", { key }, false, (result) => result.value),
      set: (key, value) => call("storage.local.set", { key, value }),
      remove: (key) => call("storage.local.remove", { key }),
      keys: () => send(CALL, "storage.local.keys", {}, false, (result) => result.keys),
    }),
  }),
});

fixed(globalThis, "bulkhead", bulkhead);
fixed(globalThis, "console", freeze(console));
fixed(globalThis, "setTimeout", schedule(false));
fixed(globalThis, "setInterval", schedule(true));
fixed(globalThis, "clearTimeout", cancel);
fixed(globalThis, "clearInterval", cancel);
return freeze([onReply, onTimer, onThrown]);
})`;
