export const APP_ID_CHARACTERS_MAX = 128;

const APP_ID = /^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** Lower-case reverse DNS, two labels or more, each starting with a letter and not ending in `-` (spec §2). */
export function isAppId(text: string): boolean {
  return text.length <= APP_ID_CHARACTERS_MAX && hasAppIdForm(text);
}

/** The form alone, whatever the length: a manifest tells the two apart. */
export function hasAppIdForm(text: string): boolean {
  return APP_ID.test(text);
}
