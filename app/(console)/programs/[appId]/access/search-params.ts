/** A version's code as the address names it; undefined for anything that is none. */
export function readVersion(text: string | null | undefined): number | undefined {
  const code = Number(text ?? "");
  return Number.isSafeInteger(code) && code > 0 ? code : undefined;
}
