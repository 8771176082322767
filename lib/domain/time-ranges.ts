/** Time ranges that every screen offers. */
export const TIME_RANGES = ["1h", "24h", "7d", "14d"] as const;
export type TimeRange = (typeof TIME_RANGES)[number];

/** What a quota is told over. */
export const QUOTA_RANGE = "14d" satisfies TimeRange;
