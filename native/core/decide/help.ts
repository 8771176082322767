/** The page that explains a code, to be resolved by whoever shows it (spec 5.55). */
export function helpOf(code: string): string {
  return `errors/${code}`;
}
