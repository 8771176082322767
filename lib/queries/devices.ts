import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { Labels } from "@/lib/domain/labels";
import { devicesRoutes } from "@/lib/http/addresses";
import { type ConsoleQuery, callConsole } from "@/lib/http/console-client";

export const devicesRoot = ["devices"] as const;

export type DeviceFilter = ConsoleQuery<typeof devicesRoutes.listDevices>;

export const deviceListQuery = (filter: DeviceFilter) =>
  queryOptions({
    queryKey: [...devicesRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole(devicesRoutes.listDevices, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readMoreDevices = (filter: DeviceFilter, cursor: string) =>
  callConsole(devicesRoutes.listDevices, { query: { ...filter, cursor } });

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: [...devicesRoot, "one", id] as const,
    queryFn: ({ signal }) => callConsole(devicesRoutes.getDevice, { signal, params: { id } }),
    // A device that somebody looks at reports every few seconds, and no event of the stream names it.
    refetchInterval: 5_000,
  });

export async function revokeDevice(client: QueryClient, id: string, reason: string) {
  await callConsole(devicesRoutes.revokeDevice, { params: { id }, body: { reason } });
  await client.invalidateQueries({ queryKey: devicesRoot });
}

/** The enrolment file holds a one-time token and is answered this one time. */
export const createEnrolment = (body: { deviceName: string; labels: Labels }) =>
  callConsole(devicesRoutes.createEnrolment, { body });
