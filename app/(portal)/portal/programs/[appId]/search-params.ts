/** The version that the address names; any other text is all of them. */
export function readVersion(text: string | null | undefined): number | undefined {
  return text != null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
