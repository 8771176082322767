/** What a person chose about how the console looks. Kept in a cookie, so that the first paint is right. */
export type Theme = "system" | "light" | "dark";
export type RowHeight = 28 | 32 | 40;
export type Preferences = {
  theme: Theme;
  rowHeight: RowHeight;
  /** Keys of a single letter; some people's tools send such letters by themselves. */
  singleKeys: boolean;
  /** Columns that were hidden, by table. */
  hiddenColumns: Record<string, string[]>;
};

export const PREFERENCES_COOKIE = "bulkhead.preferences";
export const DEFAULT_PREFERENCES: Preferences = { theme: "system", rowHeight: 32, singleKeys: true, hiddenColumns: {} };

/** Reads the cookie's value; whatever is not understood is the default. */
export function readPreferences(text: string | undefined): Preferences {
  const raw = parse(text);
  const { theme, rowHeight, singleKeys, hiddenColumns } = raw;
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    rowHeight: rowHeight === 28 || rowHeight === 40 ? rowHeight : 32,
    singleKeys: singleKeys !== false,
    hiddenColumns: isColumns(hiddenColumns) ? hiddenColumns : {},
  };
}

export function writePreferences(preferences: Preferences): string {
  return encodeURIComponent(JSON.stringify(preferences));
}

function parse(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text.length > 3000) return {};
  try {
    const value: unknown = JSON.parse(text.startsWith("%") ? decodeURIComponent(text) : text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // A cookie is the reader's own: one that cannot be read is as good as none.
    return {};
  }
}

function isColumns(value: unknown): value is Record<string, string[]> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((list) => Array.isArray(list) && list.every((name) => typeof name === "string"))
  );
}
