import type { CapabilityHandler } from "../capability-registry";

/** What a program may learn of a device: nothing that tells one from another (spec §3, `device.info`). */
export type DeviceProfile = {
  kind: string;
  runtimeVersion: string;
  language: string;
  timeZone: string;
  screenClass: "none" | "phone" | "tablet" | "desktop";
};

export function deviceInfoHandler(profile: DeviceProfile): CapabilityHandler {
  return {
    capability: "device.info",
    apis: { "device.info": async () => ({ outcome: "value", value: { ...profile } }) },
  };
}
