/** What is known of one fault that was drawn. */
export type Judged = { noticedBy: string | null; left: number; isEquivalent: boolean };

const share = (part: number, whole: number) => (whole === 0 ? "0" : ((100 * part) / whole).toFixed(1));

/** How many of those drawn tests noticed; what they had no time for is no verdict, yet counts as not noticed. */
export function tellShare(judged: readonly Judged[]): string {
  const noticed = judged.filter(({ noticedBy }) => noticedBy !== null).length;
  const unnoticed = judged.filter(({ noticedBy }) => noticedBy === null);
  const equivalent = unnoticed.filter(({ isEquivalent }) => isEquivalent).length;
  const late = unnoticed.filter(({ isEquivalent, left }) => !isEquivalent && left > 0).length;
  const all = judged.length;
  return [
    `${noticed} of ${all} noticed: ${share(noticed, all)} %`,
    `${late} of the others ran out of time`,
    `without ${equivalent} equivalent ones ${share(noticed, all - equivalent)} %`,
  ].join("; ");
}

/** How many of those drawn the tests that are asked first noticed by themselves, with what they ask nothing about and without. */
export function tellFirst(
  judged: readonly { isOfFirst: boolean; isEquivalent: boolean; isUnasked: boolean }[],
  first: string,
): string {
  const alone = judged.filter(({ isOfFirst }) => isOfFirst).length;
  const others = judged.filter(({ isOfFirst }) => !isOfFirst);
  const equivalent = others.filter(({ isEquivalent }) => isEquivalent).length;
  const unasked = others.filter(({ isEquivalent, isUnasked }) => isUnasked && !isEquivalent).length;
  const all = judged.length;
  return [
    `${alone} of ${all} noticed by ${first} alone: ${share(alone, all)} %`,
    `without ${equivalent} equivalent ones and ${unasked} that they ask nothing about ${share(alone, all - equivalent - unasked)} %`,
  ].join("; ");
}

/** How a fault that no test noticed ended. */
export function tellEnd({ files, left }: { files: number; left: number }): string {
  if (files === 0) return left === 0 ? "no test comes by it" : "out of time";
  const asked = `${files} test file${files === 1 ? "" : "s"} did not notice`;
  return left === 0 ? asked : `${asked}, then out of time`;
}
