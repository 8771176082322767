import data from "../../catalog/name-folding.json" with { type: "json" };

/**
 * Equality of names as file systems see it, by one version of Unicode that is data (spec §2, Bundle): a language's own
 * tables are those of its version, and two runtimes would find two archives.
 */
type NameFolding = {
  /** By code point, what is to be looked up for it at all: most characters are assigned and nothing else. */
  traits: Uint8Array;
  /** Canonical combining classes, by code point. */
  classes: Uint8Array;
  decompositions: ReadonlyMap<number, readonly number[]>;
  /** By the second point of a pair, then by its first. */
  compositions: ReadonlyMap<number, ReadonlyMap<number, number>>;
  foldings: ReadonlyMap<number, readonly number[]>;
};

const POINTS = 0x110000;
const POINTS_MAX_ARGUMENTS = 4096;
const ASSIGNED = 1;
const DECOMPOSES = 2;
const FOLDS = 4;
const COMPOSES = 8;

const HANGUL = { first: 0xac00, leads: 0x1100, vowels: 0x1161, trails: 0x11a7 } as const;
const LEADS = 19;
const VOWELS = 21;
const TRAILS = 28;
const SYLLABLES = LEADS * VOWELS * TRAILS;

const hex = (text: string): number => Number.parseInt(text, 16);

function readTable(): NameFolding {
  const traits = new Uint8Array(POINTS);
  const classes = new Uint8Array(POINTS);
  const mark = (points: Iterable<number>, trait: number): void => {
    for (const point of points) traits[point] = (traits[point] ?? 0) | trait;
  };
  for (const [first, last] of readRanges(data.assigned)) traits.fill(ASSIGNED, first, last + 1);
  for (const [points, value] of readPairs(data.combiningClasses)) {
    for (const [first, last] of readRanges(points)) classes.fill(Number(value), first, last + 1);
  }
  const mappings = (text: string) =>
    new Map(readPairs(text).map(([point, to]) => [hex(point), to.split("+").map(hex)] as const));
  const compositions = new Map<number, Map<number, number>>();
  for (const [pair, point] of readPairs(data.compositions)) {
    const [first = 0, second = 0] = pair.split("+").map(hex);
    compositions.set(second, (compositions.get(second) ?? new Map<number, number>()).set(first, hex(point)));
  }
  const table = {
    ...{ traits, classes, compositions },
    decompositions: mappings(data.decompositions),
    foldings: mappings(data.foldings),
  };
  mark(table.decompositions.keys(), DECOMPOSES);
  mark(span(HANGUL.first, SYLLABLES), DECOMPOSES);
  mark(table.foldings.keys(), FOLDS);
  mark(compositions.keys(), COMPOSES);
  mark(span(HANGUL.vowels, VOWELS), COMPOSES);
  mark(span(HANGUL.trails + 1, TRAILS - 1), COMPOSES);
  return table;
}

const span = (first: number, length: number): number[] => Array.from({ length }, (_, index) => first + index);

function readRanges(text: string): [number, number][] {
  return text.split(" ").map((range) => {
    const [first = "", last = first] = range.split("-");
    return [hex(first), hex(last)];
  });
}

function readPairs(text: string): [string, string][] {
  return text.split(" ").map((pair) => {
    const [left = "", right = ""] = pair.split("=");
    return [left, right];
  });
}

let known: NameFolding | undefined;
/** Read when a name first needs it: most are ASCII. */
function readOnce(): NameFolding {
  known ??= readTable();
  return known;
}

/**
 * Equal for two names that some file system would hold to be one: the NFC of the full case folding of the NFC. Undefined
 * where a character is none of that version's. Takes time linear in the name, but for the sorting of a run of marks.
 */
export function nameIdentity(name: string): string | undefined {
  const points: number[] = [];
  let isAscii = true;
  for (let at = 0; at < name.length; at += 1) {
    const point = name.codePointAt(at) ?? 0;
    if (point > 0xffff) at += 1;
    if (point >= 0x80) isAscii = false;
    points.push(point);
  }
  if (isAscii) return textOf(points.map((point) => (point >= 0x41 && point <= 0x5a ? point + 0x20 : point)));
  const table = readOnce();
  if (!points.every((point) => traitsOf(table, point) !== 0)) return undefined;
  return textOf(compose(table, expand(table, compose(table, points), FOLDS)));
}

const traitsOf = ({ traits }: NameFolding, point: number): number => traits[point] ?? 0;

/** Every point in place of which its decomposition or its folding stands, if it has one. */
function expand(table: NameFolding, points: readonly number[], trait: typeof DECOMPOSES | typeof FOLDS): number[] {
  const mappings = trait === FOLDS ? table.foldings : table.decompositions;
  const expanded: number[] = [];
  for (const point of points) {
    if ((traitsOf(table, point) & trait) === 0) expanded.push(point);
    else for (const part of mappings.get(point) ?? decomposeSyllable(point)) expanded.push(part);
  }
  return expanded;
}

function decomposeSyllable(point: number): readonly number[] {
  const syllable = point - HANGUL.first;
  const trail = syllable % TRAILS;
  const vowel = HANGUL.vowels + (Math.floor(syllable / TRAILS) % VOWELS);
  const lead = HANGUL.leads + Math.floor(syllable / (VOWELS * TRAILS));
  return trail === 0 ? [lead, vowel] : [lead, vowel, HANGUL.trails + trail];
}

/** NFC of these points (The Unicode Standard, sections 3.11 and 3.12). */
function compose(table: NameFolding, points: readonly number[]): number[] {
  const { classes } = table;
  const composed: number[] = [];
  let starterAt = -1;
  let lastClass = 0;
  for (const point of sortMarks(table, expand(table, points, DECOMPOSES))) {
    const ownClass = classes[point] ?? 0;
    const starter = composed[starterAt];
    // Blocked by a mark of the same or a higher class between; what follows the starter at once is never blocked.
    const isReachable = starter !== undefined && (composed.length - 1 === starterAt || lastClass < ownClass);
    const composite = isReachable ? composePair(table, starter, point) : undefined;
    if (composite !== undefined) {
      composed[starterAt] = composite;
      continue;
    }
    if (ownClass === 0) starterAt = composed.length;
    lastClass = ownClass;
    composed.push(point);
  }
  return composed;
}

function composePair(table: NameFolding, first: number, second: number): number | undefined {
  if ((traitsOf(table, second) & COMPOSES) === 0) return undefined;
  const lead = first - HANGUL.leads;
  const vowel = second - HANGUL.vowels;
  if (lead >= 0 && lead < LEADS && vowel >= 0 && vowel < VOWELS) {
    return HANGUL.first + (lead * VOWELS + vowel) * TRAILS;
  }
  const syllable = first - HANGUL.first;
  const trail = second - HANGUL.trails;
  const isOpen = syllable >= 0 && syllable < SYLLABLES && syllable % TRAILS === 0;
  if (isOpen && trail > 0 && trail < TRAILS) return first + trail;
  return table.compositions.get(second)?.get(first);
}

/** Each run of marks in the order of their classes; those of one class keep theirs. */
function sortMarks({ classes }: NameFolding, points: number[]): number[] {
  const classAt = (at: number): number => classes[points[at] ?? 0] ?? 0;
  for (let start = 0; start < points.length; start += 1) {
    if (classAt(start) === 0) continue;
    let end = start + 1;
    let isSorted = true;
    for (; end < points.length && classAt(end) !== 0; end += 1) isSorted &&= classAt(end - 1) <= classAt(end);
    if (!isSorted) {
      const run = points.slice(start, end).sort((a, b) => (classes[a] ?? 0) - (classes[b] ?? 0));
      for (const [index, point] of run.entries()) points[start + index] = point;
    }
    start = end;
  }
  return points;
}

/** In parts, since a call takes only so many arguments. */
function textOf(points: readonly number[]): string {
  let text = "";
  for (let at = 0; at < points.length; at += POINTS_MAX_ARGUMENTS) {
    text += String.fromCodePoint(...points.slice(at, at + POINTS_MAX_ARGUMENTS));
  }
  return text;
}
