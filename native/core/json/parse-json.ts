import { hasLoneSurrogate, utf8Text } from "../crypto/encoding";

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
};
type NumberRule = "integers" | "any" | "spelled";

export const JSON_DEPTH_MAX = 32;

/**
 * The one JSON of documents, manifests and messages (spec §2): UTF-8 without BOM, fatal on bad bytes; duplicate members
 * refused; depth at most 32; integers only. A member named `__proto__` is an ordinary own member of its object.
 */
export function parseJson(source: string | Uint8Array, rules: JsonRules = {}): JsonResult {
  const text = typeof source === "string" ? source : utf8Text(source);
  if (text === undefined || hasLoneSurrogate(text)) return { ok: false };
  return new Parser(text, rules.depthMax ?? JSON_DEPTH_MAX, rules.numbers ?? "integers").parse();
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
  return new Parser(text, rules.depthMax ?? JSON_DEPTH_MAX, rules.numbers ?? "integers").fault();
}

const hasMark = ([first, second, third]: Uint8Array) => first === 0xef && second === 0xbb && third === 0xbf;

/** Leaves the parser; caught in it and nowhere else, so that no caller sees an exception. */
class NotJson extends Error {
  constructor(readonly why: JsonFault["why"] = "syntax") {
    super();
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
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

class Parser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly depthMax: number,
    private readonly numbers: NumberRule,
  ) {}

  parse(): JsonResult {
    try {
      return { ok: true, value: this.whole() };
    } catch (error) {
      if (error instanceof NotJson) return { ok: false };
      throw error;
    }
  }

  fault(): JsonFault | null {
    try {
      this.whole();
      return null;
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      const lines = this.text.slice(0, this.at).split("\n");
      return { why: error.why, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
    }
  }

  private whole(): JsonValue {
    this.skipWhitespace();
    const value = this.value();
    this.skipWhitespace();
    if (this.at !== this.text.length) throw new NotJson();
    return value;
  }

  private value(): JsonValue {
    switch (this.text.charAt(this.at)) {
      case "{":
        return this.object();
      case "[":
        return this.array();
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private object(): JsonObject {
    const object: JsonObject = {};
    this.open();
    if (this.closes("}")) return object;
    do {
      this.skipWhitespace();
      const member = this.string();
      this.skipWhitespace();
      this.expect(":");
      this.skipWhitespace();
      if (Object.hasOwn(object, member)) throw new NotJson("duplicate");
      const value = this.value();
      if (member === "__proto__") {
        Object.defineProperty(object, member, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[member] = value;
      }
    } while (this.continues("}"));
    return object;
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = [];
    this.open();
    if (this.closes("]")) return items;
    do {
      this.skipWhitespace();
      items.push(this.value());
    } while (this.continues("]"));
    return items;
  }

  private string(): string {
    this.expect('"');
    let value = "";
    for (;;) {
      value += this.plainText();
      const next = this.text.charAt(this.at);
      this.at += 1;
      if (next === '"') return value;
      if (next !== "\\") throw new NotJson();
      value += this.escape();
    }
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
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotJson();
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) throw new NotJson();
    this.at += found[0].length;
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw new NotJson("number");
    if (this.numbers === "any") return value;
    const isSpelledWhole = found[1] === undefined && found[2] === undefined && !Object.is(value, -0);
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

  private open(): void {
    this.at += 1;
    this.depth += 1;
    if (this.depth > this.depthMax) throw new NotJson("depth");
  }

  private closes(bracket: string): boolean {
    this.skipWhitespace();
    if (this.text.charAt(this.at) !== bracket) return false;
    this.at += 1;
    this.depth -= 1;
    return true;
  }

  /** After one member or item: true at a comma, false at the closing bracket. */
  private continues(bracket: string): boolean {
    if (this.closes(bracket)) return false;
    this.expect(",");
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
