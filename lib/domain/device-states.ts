/** How a device stands to what is in force. */
export const DEVICE_STATES = ["current", "behind", "stale", "never_seen", "revoked"] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];
