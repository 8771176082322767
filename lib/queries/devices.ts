import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { Labels } from "@/lib/domain/labels";
import { callConsole } from "@/lib/http/console-client";
import { devicesRoutes } from "@/lib/http/routes/devices";

export const devicesRoot = ["devices"] as const;

export const deviceListQuery = () =>
  queryOptions({
    queryKey: devicesRoot,
    queryFn: ({ signal }) => callConsole(devicesRoutes.listDevices, { signal }),
  });

export async function revokeDevice(client: QueryClient, id: string, reason: string) {
  await callConsole(devicesRoutes.revokeDevice, { params: { id }, body: { reason } });
  await client.invalidateQueries({ queryKey: devicesRoot });
}

/** The enrolment file holds a one-time token and is answered this one time. */
export const createEnrolment = (body: { deviceName: string; labels: Labels }) =>
  callConsole(devicesRoutes.createEnrolment, { body });
