import { hasLoneSurrogate, utf8Bytes, utf8Text } from "../crypto/encoding";

export type JsonValue = null | boolean | number | string | JsonValue[] | { [member: string]: JsonValue };
export type JsonObject = { [member: string]: JsonValue };
export type JsonResult = { ok: true; value: JsonValue } | { ok: false };

export type JsonRules = {
  /** Containers that may be open at once; a scalar alone is depth 0. */
  depthMax?: number;
  /**
   * `integers`: no fraction, exponent, −0 or magnitude above 2^53−1. `any`: every finite number. `spelled`: those too, and
   * an integer of the first kind that is spelled otherwise (`1.0`, `1e2`, `-0`) is a `Number` object, which no check for
   * integers takes and whose JSON text is its value's.
   */
  numbers?: NumberRule;
  /** Members of an outermost object that are read and checked as all else, but stand there as null: who wants one asks for its bytes. */
  asText?: readonly string[];
};
type NumberRule = "integers" | "any" | "spelled";

export const JSON_DEPTH_MAX = 32;

/**
 * The one JSON of documents, manifests and messages (spec §2): UTF-8 without BOM, fatal on bad bytes; duplicate members
 * refused; depth at most 32; integers only. A member named `__proto__` is an ordinary own member of its object.
 */
export function parseJson(source: string | Uint8Array, rules: JsonRules = {}): JsonResult {
  return readJson(source, rules).advance(Number.POSITIVE_INFINITY) ?? { ok: false };
}

/** A text that is read bit by bit, so that whoever reads a long one can do something else in between. */
export type JsonReading = {
  /** Reads on for about so many UTF-16 units; undefined as long as it is not at its end. */
  advance(units: number): JsonResult | undefined;
  /** Once it was read: UTF-8 of one of `asText` as it stood there, of a source in bytes a part of it where that can be; undefined where there is none. */
  bytesOf(member: string): Uint8Array | undefined;
};

/** As `parseJson`, in pieces. */
export function readJson(source: string | Uint8Array, rules: JsonRules = {}): JsonReading {
  const text = typeof source === "string" ? source : utf8Text(source);
  if (text === undefined || hasLoneSurrogate(text)) return { advance: () => ({ ok: false }), bytesOf: () => undefined };
  const bytes = typeof source === "string" ? undefined : source;
  return new Parser(text, rules.depthMax ?? JSON_DEPTH_MAX, rules.numbers ?? "integers", rules.asText ?? [], bytes);
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Why a text is not that JSON: its bytes, its syntax, a member twice, a number or a depth that is not taken. */
export type JsonFault = {
  why: "bytes" | "mark" | "syntax" | "duplicate" | "number" | "depth";
  /** Where the reader stood, both from 1; of bytes that are no text, the beginning. */
  line: number;
  column: number;
};

/** Of a text that `parseJson` refuses by the same rules, for whoever has to mend it; null of one that it takes. */
export function findJsonFault(source: string | Uint8Array, rules: JsonRules = {}): JsonFault | null {
  const text = typeof source === "string" ? source : utf8Text(source);
  const isMarked = typeof source === "string" ? source.startsWith("\ufeff") : hasMark(source);
  if (isMarked) return { why: "mark", line: 1, column: 1 };
  if (text === undefined || hasLoneSurrogate(text)) return { why: "bytes", line: 1, column: 1 };
  return new Parser(text, rules.depthMax ?? JSON_DEPTH_MAX, rules.numbers ?? "integers", rules.asText ?? []).fault();
}

const hasMark = ([first, second, third]: Uint8Array) => first === 0xef && second === 0xbb && third === 0xbf;

/** Leaves the parser; caught in `advance` and nowhere else, so that no caller sees an exception. */
class NotJson extends Error {
  constructor(readonly why: JsonFault["why"] = "syntax") {
    super();
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const FRACTION_OR_EXPONENT = /[.eE]/;
const HEX = /^[0-9a-fA-F]{4}$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * A container whose end has not come; `member` is the one whose value is being read. Of an object that is not kept only the
 * names are, so that a second one of its kind is seen: an object for them would cost much more.
 */
type Open =
  | { object: JsonObject; member: string; start: number }
  | { names: Set<string> | undefined; member: string | undefined }
  | { list: JsonValue[] };

/** Keeps what is open in a list of its own, so that it can stop between any two characters. */
class Parser implements JsonReading {
  private at = 0;
  private readonly open: Open[] = [];
  /** What comes next; `text` is the rest of one that has begun, a member's name or a value. */
  private next: "value" | "firstMember" | "member" | "firstItem" | "afterValue" | "text" | "end" = "value";
  private begun = "";
  private isName = false;
  /** What is read is looked at and not kept. */
  private isUnkept = false;
  private root: JsonValue = null;
  private result: JsonResult | undefined;
  private why: JsonFault["why"] | null = null;
  private readonly found = new Map<string, Uint8Array>();

  constructor(
    private text: string,
    private readonly depthMax: number,
    private readonly numbers: NumberRule,
    private readonly asText: readonly string[],
    private readonly bytes?: Uint8Array,
  ) {}

  advance(units: number): JsonResult | undefined {
    if (this.result !== undefined) return this.result;
    const until = this.at + units;
    try {
      while (this.next !== "end" && this.at < until) this.step(until);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      this.result = { ok: false };
      this.why = error.why;
    }
    if (this.next === "end") {
      this.result ??= { ok: true, value: this.root };
      // whoever keeps the reading for what it found keeps no long text with it
      this.text = "";
    }
    return this.result;
  }

  /** Reads to the end, or to what is no JSON. */
  fault(): JsonFault | null {
    this.advance(Number.POSITIVE_INFINITY);
    if (this.why === null) return null;
    const lines = this.text.slice(0, this.at).split("\n");
    return { why: this.why, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }

  bytesOf(member: string): Uint8Array | undefined {
    return this.found.get(member);
  }

  /** A text as long as its bytes has each character where its byte is. */
  private bytesBetween(start: number, end: number): Uint8Array {
    const isSame = this.bytes?.length === this.text.length;
    return this.bytes !== undefined && isSame
      ? this.bytes.subarray(start, end)
      : utf8Bytes(this.text.slice(start, end));
  }

  private step(until: number): void {
    switch (this.next) {
      case "value":
        this.skipWhitespace();
        this.value(until);
        return;
      case "firstMember":
        if (this.closes("}")) this.close();
        else this.beginText(true, until);
        return;
      case "member":
        this.skipWhitespace();
        this.beginText(true, until);
        return;
      case "firstItem":
        if (this.closes("]")) this.close();
        else this.next = "value";
        return;
      case "text":
        this.goOn(until);
        return;
      case "afterValue":
        this.afterValue();
        return;
    }
  }

  private value(until: number): void {
    switch (this.text.charAt(this.at)) {
      case "{":
        this.begin(this.isUnkept ? { names: undefined, member: undefined } : { object: {}, member: "", start: 0 });
        this.next = "firstMember";
        return;
      case "[":
        this.begin({ list: [] });
        this.next = "firstItem";
        return;
      case '"':
        this.beginText(false, until);
        return;
      case "t":
        this.give(this.word("true", true));
        return;
      case "f":
        this.give(this.word("false", false));
        return;
      case "n":
        this.give(this.word("null", null));
        return;
      default:
        this.give(this.number());
        return;
    }
  }

  private begin(container: Open): void {
    this.at += 1;
    if (this.open.length >= this.depthMax) throw new NotJson("depth");
    this.open.push(container);
  }

  private close(): void {
    const closed = this.open.pop();
    if (closed !== undefined) this.give("object" in closed ? closed.object : "list" in closed ? closed.list : null);
  }

  private beginText(isName: boolean, until: number): void {
    this.expect('"');
    this.begun = "";
    this.isName = isName;
    this.next = "text";
    this.goOn(until);
  }

  /** At least one character more, and on to its end or past `until`. */
  private goOn(until: number): void {
    do {
      this.begun += this.plainText();
      const next = this.text.charAt(this.at);
      this.at += 1;
      if (next === '"') {
        if (this.isName) this.named(this.begun);
        else this.give(this.begun);
        return;
      }
      if (next !== "\\") throw new NotJson();
      this.begun += this.escape();
    } while (this.at < until);
  }

  private named(member: string): void {
    const container = this.open.at(-1);
    this.skipWhitespace();
    this.expect(":");
    this.skipWhitespace();
    if (container === undefined || "list" in container) throw new NotJson();
    if ("object" in container) {
      if (Object.hasOwn(container.object, member)) throw new NotJson("duplicate");
      container.member = member;
      container.start = this.at;
      if (this.open.length === 1) this.isUnkept = this.asText.includes(member);
    } else {
      addName(container, member);
    }
    this.next = "value";
  }

  /** What was read belongs to what is open. */
  private give(value: JsonValue): void {
    this.next = "afterValue";
    const container = this.open.at(-1);
    if (container === undefined) this.root = value;
    else if ("list" in container) {
      if (!this.isUnkept) container.list.push(value);
    } else if ("object" in container) {
      define(container.object, container.member, this.isUnkept ? null : value);
      // an outermost object is kept, so that whatever is not begins and ends in it
      if (this.isUnkept) this.found.set(container.member, this.bytesBetween(container.start, this.at));
      this.isUnkept = false;
    }
  }

  private afterValue(): void {
    const container = this.open.at(-1);
    if (container === undefined) {
      this.skipWhitespace();
      if (this.at !== this.text.length) throw new NotJson();
      this.next = "end";
      return;
    }
    const isObject = !("list" in container);
    if (this.closes(isObject ? "}" : "]")) {
      this.close();
      return;
    }
    this.expect(",");
    this.next = isObject ? "member" : "value";
  }

  private escape(): string {
    const kind = this.text.charAt(this.at);
    this.at += 1;
    if (kind !== "u") {
      const plain = Object.hasOwn(ESCAPES, kind) ? ESCAPES[kind] : undefined;
      if (plain === undefined) throw new NotJson();
      return plain;
    }
    const digits = this.text.slice(this.at, this.at + 4);
    if (!HEX.test(digits)) throw new NotJson();
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    // no match is made of it: a long list of numbers would be one of matches
    if (!NUMBER.test(this.text)) throw new NotJson();
    const spelled = this.text.slice(this.at, NUMBER.lastIndex);
    this.at = NUMBER.lastIndex;
    const value = Number(spelled);
    if (!Number.isFinite(value)) throw new NotJson("number");
    if (this.numbers === "any") return value;
    const isSpelledWhole = !FRACTION_OR_EXPONENT.test(spelled) && !Object.is(value, -0);
    if (isSpelledWhole && Number.isSafeInteger(value)) return value;
    if (this.numbers === "integers") throw new NotJson("number");
    // Safe because a `Number` object is a number to JSON.stringify and to arithmetic; only checks tell it apart.
    return Number.isSafeInteger(value) ? (new Number(value) as number) : value;
  }

  private word<T extends null | boolean>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw new NotJson();
    this.at += word.length;
    return value;
  }

  private closes(bracket: string): boolean {
    this.skipWhitespace();
    if (this.text.charAt(this.at) !== bracket) return false;
    this.at += 1;
    return true;
  }

  private expect(char: string): void {
    if (this.text.charAt(this.at) !== char) throw new NotJson();
    this.at += 1;
  }

  /** The text up to the next quotation mark, backslash or control character. */
  private plainText(): string {
    const start = this.at;
    let code = this.text.charCodeAt(this.at);
    while (code >= 0x20 && code !== 0x22 && code !== 0x5c) {
      this.at += 1;
      code = this.text.charCodeAt(this.at);
    }
    return this.text.slice(start, this.at);
  }

  private skipWhitespace(): void {
    let code = this.text.charCodeAt(this.at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.at += 1;
      code = this.text.charCodeAt(this.at);
    }
  }
}

/** Most objects of a long value have one name: a set is made for the second. */
function addName(container: { names: Set<string> | undefined; member: string | undefined }, name: string): void {
  const { member, names } = container;
  if (names === undefined ? member === name : names.has(name)) throw new NotJson("duplicate");
  if (member === undefined) container.member = name;
  else if (names === undefined) container.names = new Set([member, name]);
  else names.add(name);
}

/** Whatever the member is called: `__proto__` is an ordinary own one. */
function define(object: JsonObject, member: string, value: JsonValue): void {
  if (member === "__proto__") {
    Object.defineProperty(object, member, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[member] = value;
  }
}
