import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { portalRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

/** Developers hear no stream, which names every program: what they look at is read anew each minute. */
const FRESH = { refetchInterval: 60_000 } as const;

export const portalRoot = ["portal"] as const;
const one = (appId: string) => [...portalRoot, "one", appId] as const;

export const portalProgramsQuery = () =>
  queryOptions({
    queryKey: [...portalRoot, "list"] as const,
    queryFn: ({ signal }) => callConsole(portalRoutes.listPortalPrograms, { signal, query: {} }),
    ...FRESH,
  });

export const readMorePortalPrograms = (cursor: string) =>
  callConsole(portalRoutes.listPortalPrograms, { query: { cursor } });

export const portalProgramQuery = (appId: string) =>
  queryOptions({
    queryKey: [...one(appId), "detail"] as const,
    queryFn: ({ signal }) => callConsole(portalRoutes.getPortalProgram, { signal, params: { appId } }),
    ...FRESH,
  });

export const portalQuotaQuery = (appId: string, version?: number) =>
  queryOptions({
    queryKey: [...one(appId), "quota", version ?? null] as const,
    queryFn: ({ signal }) =>
      callConsole(portalRoutes.getPortalQuota, { signal, params: { appId }, query: { version } }),
    placeholderData: keepPreviousData,
    ...FRESH,
  });

export const portalDenialsQuery = (appId: string, version?: number) =>
  queryOptions({
    queryKey: [...one(appId), "denials", version ?? null] as const,
    queryFn: ({ signal }) =>
      callConsole(portalRoutes.listPortalDenials, { signal, params: { appId }, query: { version } }),
    placeholderData: keepPreviousData,
    ...FRESH,
  });

export const portalPublishedQuery = (appId: string) =>
  queryOptions({
    queryKey: [...one(appId), "published"] as const,
    queryFn: ({ signal }) => callConsole(portalRoutes.getPortalPublished, { signal, params: { appId } }),
    ...FRESH,
  });

export const portalDenialQuery = (denialId: string) =>
  queryOptions({
    queryKey: [...portalRoot, "denial", denialId] as const,
    queryFn: ({ signal }) => callConsole(portalRoutes.getPortalDenial, { signal, params: { denialId } }),
    ...FRESH,
  });
