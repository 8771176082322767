/** Cuts a long id in the middle: `dev_8fK…2Qx`. What is left still tells two apart; the whole is copied. */
export function cutMiddle(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** The cause key that a denial id begins with. */
export function shortDenialId(denialId: string): string {
  return denialId.slice(0, 8);
}
