/**
 * Raw DEFLATE, RFC 1951, of our own for three facts that a bundle's reader must know and libraries do not tell: how many
 * bytes of input one stream took (nothing may hide behind it), that output never passes the declared size, checked
 * while it is written, and how many blocks there are, each of which costs a table (spec §2, Bundle).
 */

export type InflateFault = "bad_data" | "too_many_blocks";

/** Blocks that a stream may have, whatever it unpacks to, and one more for so many bytes of that (spec 2.13). */
const BLOCKS_FREE = 16;
const BYTES_PER_BLOCK = 512;

/** Longest code of any table. */
const CODE_BITS_MAX = 15;
const END_OF_BLOCK = 256;
const LENGTH_SYMBOLS = 29;
const DISTANCE_SYMBOLS = 30;
/** The order in which a dynamic block states the lengths of its length codes. */
const LENGTH_CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const lengthBits = Uint8Array.from({ length: LENGTH_SYMBOLS }, (_, symbol) =>
  symbol < 8 || symbol === 28 ? 0 : (symbol - 4) >> 2,
);
const lengthBase = bases(lengthBits, 3);
lengthBase[28] = 258;
const distanceBits = Uint8Array.from({ length: DISTANCE_SYMBOLS }, (_, symbol) => (symbol < 4 ? 0 : (symbol - 2) >> 1));
const distanceBase = bases(distanceBits, 1);

/** Canonical Huffman codes: how many there are of each length, and the symbols in order of their codes. */
type Table = { counts: Uint16Array; symbols: Uint16Array; lookup: Uint16Array };

/** Codes up to this length are found in one step. */
const LOOKUP_BITS = 9;

const fixedLiterals = makeTable(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const fixedDistances = makeTable(new Uint8Array(DISTANCE_SYMBOLS).fill(5));

/**
 * The `size` bytes of one DEFLATE stream that fills `input` exactly. `bad_data` where the stream is malformed, ends early,
 * leaves input over, or holds more or less than `size`; `too_many_blocks` at the first block that is one too many.
 */
export function inflate(input: Uint8Array, size: number): Uint8Array | InflateFault {
  return new Inflater(input, size).run();
}

class Inflater {
  private at = 0;
  private buffer = 0;
  private bits = 0;
  private written = 0;
  /** Bits were asked for that the input did not have: whatever was made of them does not count. */
  private isExhausted = false;
  private readonly output: Uint8Array;

  constructor(
    private readonly input: Uint8Array,
    size: number,
  ) {
    this.output = new Uint8Array(size);
  }

  run(): Uint8Array | InflateFault {
    const blocksMax = BLOCKS_FREE + Math.floor(this.output.length / BYTES_PER_BLOCK);
    let isLast = false;
    for (let blocks = 1; !isLast; blocks += 1) {
      if (blocks > blocksMax) return "too_many_blocks";
      isLast = this.take(1) === 1;
      if (!this.block(this.take(2))) return "bad_data";
    }
    const unusedBytes = this.input.length - this.at + (this.bits >> 3);
    const isWhole = unusedBytes === 0 && !this.isExhausted && this.written === this.output.length;
    return isWhole ? this.output : "bad_data";
  }

  private block(kind: number): boolean {
    if (kind === 0) return this.storedBlock();
    if (kind === 1) return this.codedBlock(fixedLiterals, fixedDistances);
    return kind === 2 && this.dynamicBlock();
  }

  private storedBlock(): boolean {
    this.at -= this.bits >> 3;
    this.buffer = 0;
    this.bits = 0;
    const header = this.input.subarray(this.at, this.at + 4);
    const [a, b, c, d] = header;
    if (a === undefined || b === undefined || c === undefined || d === undefined) return false;
    const length = a | (b << 8);
    if ((length ^ (c | (d << 8))) !== 0xffff) return false;
    this.at += 4;
    if (this.at + length > this.input.length || this.written + length > this.output.length) return false;
    this.output.set(this.input.subarray(this.at, this.at + length), this.written);
    this.at += length;
    this.written += length;
    return true;
  }

  private dynamicBlock(): boolean {
    const literalCount = this.take(5) + 257;
    const distanceCount = this.take(5) + 1;
    const lengthCodeCount = this.take(4) + 4;
    if (literalCount > 286 || distanceCount > DISTANCE_SYMBOLS) return false;
    const codeLengths = new Uint8Array(19);
    for (const symbol of LENGTH_CODE_ORDER.slice(0, lengthCodeCount)) codeLengths[symbol] = this.take(3);
    const lengths = this.readLengths(makeTable(codeLengths), literalCount + distanceCount);
    if (lengths === undefined || lengths[END_OF_BLOCK] === 0) return false;
    const literals = makeTable(lengths.subarray(0, literalCount));
    const distances = makeTable(lengths.subarray(literalCount));
    return isUsable(literals) && isUsable(distances) && this.codedBlock(literals, distances);
  }

  private readLengths(table: Table, total: number): Uint8Array | undefined {
    if (!isUsable(table)) return undefined;
    const lengths = new Uint8Array(total);
    for (let index = 0; index < total; ) {
      const symbol = this.symbol(table);
      if (symbol < 0) return undefined;
      if (symbol < 16) {
        lengths[index] = symbol;
        index += 1;
        continue;
      }
      const previous = index === 0 ? undefined : lengths[index - 1];
      const repeated = symbol === 16 ? previous : 0;
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      if (repeated === undefined || index + times > total) return undefined;
      lengths.fill(repeated, index, index + times);
      index += times;
    }
    return lengths;
  }

  private codedBlock(literals: Table, distances: Table): boolean {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 0) return false;
      if (symbol === END_OF_BLOCK) return true;
      if (symbol < END_OF_BLOCK) {
        if (this.written >= this.output.length) return false;
        this.output[this.written] = symbol;
        this.written += 1;
      } else if (!this.copy(symbol - END_OF_BLOCK - 1, distances)) {
        return false;
      }
    }
  }

  private copy(lengthSymbol: number, distances: Table): boolean {
    const base = lengthBase[lengthSymbol];
    if (base === undefined) return false;
    const length = base + this.take(lengthBits[lengthSymbol] ?? 0);
    const distanceSymbol = this.symbol(distances);
    const farBase = distanceSymbol < 0 ? undefined : distanceBase[distanceSymbol];
    if (farBase === undefined) return false;
    const distance = farBase + this.take(distanceBits[distanceSymbol] ?? 0);
    if (distance > this.written || this.written + length > this.output.length) return false;
    for (let end = this.written + length; this.written < end; this.written += 1) {
      this.output[this.written] = this.output[this.written - distance] ?? 0;
    }
    return true;
  }

  /** The next symbol, or −1 where no code of the table begins here. */
  private symbol(table: Table): number {
    this.fill(CODE_BITS_MAX);
    const found = table.lookup[this.buffer & ((1 << LOOKUP_BITS) - 1)] ?? 0;
    if (found !== 0) {
      const length = found & 15;
      if (length > this.bits) return -1;
      this.buffer >>>= length;
      this.bits -= length;
      return found >> 4;
    }
    return this.longSymbol(table);
  }

  private longSymbol(table: Table): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= CODE_BITS_MAX && length <= this.bits; length += 1) {
      code |= (this.buffer >>> (length - 1)) & 1;
      const count = table.counts[length] ?? 0;
      if (code - first < count) {
        this.buffer >>>= length;
        this.bits -= length;
        return table.symbols[index + code - first] ?? -1;
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  /** The next bits, least significant first. */
  private take(count: number): number {
    if (count === 0) return 0;
    this.fill(count);
    if (this.bits < count) {
      this.isExhausted = true;
      return 0;
    }
    const value = this.buffer & ((1 << count) - 1);
    this.buffer >>>= count;
    this.bits -= count;
    return value;
  }

  private fill(count: number): void {
    while (this.bits < count && this.at < this.input.length) {
      this.buffer |= (this.input[this.at] ?? 0) << this.bits;
      this.at += 1;
      this.bits += 8;
    }
  }
}

function makeTable(lengths: Uint8Array): Table {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const nextIndex = new Uint16Array(CODE_BITS_MAX + 2);
  const nextCode = new Uint32Array(CODE_BITS_MAX + 2);
  for (let length = 1; length <= CODE_BITS_MAX; length += 1) {
    nextIndex[length + 1] = (nextIndex[length] ?? 0) + (counts[length] ?? 0);
    nextCode[length + 1] = ((nextCode[length] ?? 0) + (counts[length] ?? 0)) << 1;
  }
  const symbols = new Uint16Array(lengths.length);
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    symbols[nextIndex[length] ?? 0] = symbol;
    nextIndex[length] = (nextIndex[length] ?? 0) + 1;
    const code = nextCode[length] ?? 0;
    nextCode[length] = code + 1;
    if (length > LOOKUP_BITS) continue;
    for (let entry = reverseBits(code, length); entry < lookup.length; entry += 1 << length) {
      lookup[entry] = (symbol << 4) | length;
    }
  }
  return { counts, symbols, lookup };
}

/** Codes that fill their space exactly, or a single code of one bit, or none: what RFC 1951 allows. */
function isUsable(table: Table): boolean {
  let space = 1;
  let total = 0;
  for (let length = 1; length <= CODE_BITS_MAX; length += 1) {
    const count = table.counts[length] ?? 0;
    total += count;
    space = space * 2 - count;
    if (space < 0) return false;
  }
  return space === 0 || total === 0 || (total === 1 && table.counts[1] === 1);
}

function reverseBits(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit += 1) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
  return reversed;
}

function bases(extraBits: Uint8Array, first: number): Uint16Array {
  const table = new Uint16Array(extraBits.length);
  let base = first;
  for (const [symbol, bits] of extraBits.entries()) {
    table[symbol] = base;
    base += 1 << bits;
  }
  return table;
}
