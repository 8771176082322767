/** Memory for answers that are ready before their readers take them, in shares. */
export type ReadAhead = {
  /** As much as is left, up to `bytes`, and none where nothing is. To be given back once. */
  reserve(whose: string, bytes: number): { bytes: number; giveBack(): void };
};

/** `ofOneMax`: what one of those who ask may have at once, so that slow readers take it from themselves alone. */
export function createReadAhead(bounds: { bytesMax: number; ofOneMax: number }): ReadAhead {
  const held = new Map<string, number>();
  let all = 0;
  const add = (whose: string, bytes: number) => {
    all += bytes;
    const own = (held.get(whose) ?? 0) + bytes;
    if (own === 0) held.delete(whose);
    else held.set(whose, own);
  };
  return {
    reserve(whose, asked) {
      const bytes = Math.min(asked, bounds.ofOneMax - (held.get(whose) ?? 0), bounds.bytesMax - all);
      add(whose, bytes);
      let isBack = false;
      return {
        bytes,
        giveBack() {
          if (!isBack) add(whose, -bytes);
          isBack = true;
        },
      };
    },
  };
}
