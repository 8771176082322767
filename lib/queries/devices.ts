import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { createEnrolmentResultSchema, deviceListSchema } from "@/lib/contracts/devices";
import { callConsole, nothingSchema } from "@/lib/http/console-client";

export const devicesRoot = ["devices"] as const;

export const deviceListQuery = () =>
  queryOptions({
    queryKey: devicesRoot,
    queryFn: ({ signal }) => callConsole("devices", deviceListSchema, { signal }),
  });

export async function revokeDevice(client: QueryClient, id: string, reason: string) {
  await callConsole(`devices/${encodeURIComponent(id)}/revoke`, nothingSchema, { method: "POST", body: { reason } });
  await client.invalidateQueries({ queryKey: devicesRoot });
}

/** The enrolment file holds a one-time token and is answered this one time. */
export const createEnrolment = (deviceName: string) =>
  callConsole("enrolments", createEnrolmentResultSchema, { method: "POST", body: { deviceName } });
