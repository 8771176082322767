/** One run of tests of a file; `testIds` null for all of them. */
export type Run = { test: string; testIds: string[] | null };
/** The name of the first test that failed, null where none did; `isLate` where it was ended since it took too long. */
export type Told = { failed: string | null; isLate: boolean; ms: number };
/** A test file where nothing is wrong: its time, and which places loading it and each of its tests comes by. */
export type Untouched = {
  fails: string | null;
  ms: number;
  loading: string[];
  tests: { id: string; ids: string[]; ms: number }[];
};
/** What tests say of a fault. `files`: those that come by it and were asked; `left`: runs that there was no time for. */
export type Verdict = { noticedBy: string | null; files: number; left: number; seconds: number };
export type Asker = {
  /** Runs with the fault, for so long at most. */
  run(run: Run, limitMs: number): Promise<Told>;
  /** The same without the fault. */
  runUntouched(run: Run, limitMs: number): Promise<Told>;
  /** How a whole file runs where nothing is wrong; kept by who answers. */
  know(test: string): Promise<Untouched>;
};

/** So many files that come by a fault and are near are enough; one that no near file comes by is looked for everywhere. */
const NEAR_FILES = 16;
/** Of each file at first; the rest of them when no file's first ones noticed it. */
const FIRST_TESTS = 8;
/** A fault may slow tests down this much, and this many milliseconds more. */
const SLOWER = 4;
const GRACE_MS = 60_000;

type Planned = Run & { costMs: number };

/** The runs of a file that come by a place, those that come by little else first; none where none does. */
function runsOf(id: string, test: string, { fails, ms, loading, tests }: Untouched, firstTests: number): Planned[] {
  if (fails !== null) return [];
  const all: Planned = { test, testIds: null, costMs: ms };
  const by = tests.filter(({ ids }) => ids.includes(id)).sort((a, b) => a.ids.length - b.ids.length);
  if (by.length === 0) return loading.includes(id) ? [all] : [];
  const loadingMs = Math.max(0, ms - tests.reduce((sum, own) => sum + own.ms, 0));
  const runOf = (part: typeof by): Planned => ({
    test,
    testIds: part.map((own) => own.id),
    costMs: part.reduce((sum, own) => sum + own.ms, loadingMs),
  });
  const head = runOf(by.slice(0, firstTests));
  // What was done before the first test is noticed by any of them.
  if (loading.includes(id)) return by.length === tests.length && by.length <= firstTests ? [head] : [head, all];
  return by.length > firstTests ? [head, runOf(by.slice(firstTests))] : [head];
}

/**
 * Asks test files, in their order, whether they notice the fault of a place: first a few tests of each, then the rest of
 * them, until one fails. Bounded by what the runs take where nothing is wrong, so that a loaded machine asks the same: by
 * `boundMs`, or by four times the first of them if that is more. `first` are the files that are asked wholly at once.
 */
export async function ask(
  id: string,
  files: readonly string[],
  { first, boundMs, isStopped }: { first: readonly string[]; boundMs: number; isStopped: () => boolean },
  asker: Asker,
): Promise<Verdict | null> {
  const asked = new Set<string>();
  const rest: Planned[] = [];
  let left = 0;
  let costMs = 0;
  let mostMs = boundMs;
  let spentMs = 0;
  const verdict = (noticedBy: string | null): Verdict => ({
    noticedBy,
    files: asked.size,
    left,
    seconds: Math.round(spentMs / 1000),
  });

  const isNoticedBy = async (planned: Planned): Promise<string | null> => {
    if (asked.size === 0) mostMs = Math.max(boundMs, SLOWER * planned.costMs);
    if (costMs + planned.costMs > mostMs) {
      left += 1;
      return null;
    }
    costMs += planned.costMs;
    asked.add(planned.test);
    const limitMs = planned.costMs * SLOWER + GRACE_MS;
    const told = await asker.run(planned, limitMs);
    spentMs += told.ms;
    if (!told.isLate) return told.failed;
    // Late by the fault, or by the machine: the same without the fault says which.
    const untouched = await asker.runUntouched(planned, limitMs);
    spentMs += untouched.ms;
    if (!untouched.isLate) return `not over after ${Math.round(limitMs / 1000)} s`;
    left += 1;
    return null;
  };

  let near = 0;
  for (const test of files) {
    if (isStopped()) return null;
    near += 1;
    if (near > NEAR_FILES && asked.size > 0) break;
    const firstTests = first.includes(test) ? Number.POSITIVE_INFINITY : FIRST_TESTS;
    const [head, ...others] = runsOf(id, test, await asker.know(test), firstTests);
    if (head === undefined) continue;
    rest.push(...others);
    const failed = await isNoticedBy(head);
    if (failed !== null) return verdict(`${test}: ${failed}`);
  }
  for (const planned of rest) {
    if (isStopped()) return null;
    const failed = await isNoticedBy(planned);
    if (failed !== null) return verdict(`${planned.test}: ${failed}`);
  }
  return isStopped() ? null : verdict(null);
}
