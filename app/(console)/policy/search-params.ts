export const SET_LISTS = ["open", "ended", "all"] as const;
export type SetList = (typeof SET_LISTS)[number];

export function readState(text: string | null | undefined): SetList {
  return SET_LISTS.find((name) => name === text) ?? "open";
}
