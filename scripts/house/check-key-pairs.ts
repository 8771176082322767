const MAKER = "native/node/make-key-pair.ts";

/** Key pairs come out of one function: see there why any other one may stop its process for ever. */
export function checkKeyPairs(path: string, text: string): string[] {
  if (path === MAKER || path.startsWith("scripts/house/")) return [];
  return /\bgenerateKey(Pair|PairSync)?\b/.test(text)
    ? [`${path}: makes keys by itself: call makeKeyPair of ${MAKER}`]
    : [];
}
