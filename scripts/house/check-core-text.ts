/** What a language answers by the Unicode of its own version. */
const OWN_UNICODE =
  /\.(?:normalize|to(?:Locale)?(?:Lower|Upper)Case|localeCompare|trim|trimStart|trimEnd)\(|\\p\{|\\P\{|\bIntl\.|\\s|\\S/;
/** Any character, line ends among them: no table is asked. */
const ANY = /\[\\s\\S\]/g;

/**
 * Text of the contract is read by the tables of `native/catalog`, never by a language's own, which differ from version to
 * version (spec 2.19): names by `core/text/name-folding`, all else by ASCII.
 */
export function checkCoreText(path: string, text: string): string[] {
  if (!path.startsWith("native/core/") || path.includes(".test.") || path.includes("/testing/")) return [];
  const found = OWN_UNICODE.exec(text.replaceAll(ANY, ""));
  return found === null ? [] : [`${path}: ${found[0]} asks the language's own Unicode: see native/core/text`];
}
