import type { Actor } from "@/lib/contracts/actor";
import { AppError } from "@/lib/platform/errors";
import type { AccessTokenReader } from "./access-token";
import type { DeviceReader } from "./device-reader";

export type DeviceActor = Extract<Actor, { kind: "device" }>;

const BEARER = /^Bearer ([A-Za-z0-9_.-]{1,4096})$/;

/**
 * Recognises a device by its access token. Nobody: null. Refuses `token_expired` for a token that was ours, and
 * `device_revoked` by the device's row as it is now (spec §7).
 */
export async function resolveDevice(
  authorization: string | null | undefined,
  options: { readToken: AccessTokenReader; devices: DeviceReader; nowSeconds: number },
): Promise<DeviceActor | null> {
  const token = BEARER.exec(authorization ?? "")?.[1];
  if (token === undefined) return null;
  const reading = options.readToken(token, options.nowSeconds);
  if (reading.result === "invalid") return null;
  const { deviceId } = reading;
  const device = await options.devices.find(deviceId);
  if (device === null) return null;
  if (device.isRevoked) throw new AppError("device_revoked", "This device has been revoked.");
  if (reading.result === "expired") throw new AppError("token_expired", "The access token has expired.");
  return { kind: "device", deviceId };
}
