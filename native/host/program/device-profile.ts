import type { DeviceProfile } from "../bridge/handlers/device-info";

/** What this runtime says of its device: the language without its region, a time zone, no screen of its own. */
export function readDeviceProfile(runtime: { kind: string; version: string }): DeviceProfile {
  const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return {
    kind: runtime.kind,
    runtimeVersion: runtime.version,
    language: locale.split("-")[0] ?? "en",
    timeZone,
    screenClass: "none",
  };
}
