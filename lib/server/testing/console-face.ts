import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encode } from "next-auth/jwt";
import { sessionCookie } from "@/lib/auth/session-cookie";
import { startSession } from "@/lib/auth/sessions";
import { consoleRoutes } from "@/lib/http/console-routes";
import type { RouteHandler } from "@/lib/http/route";
import type { RouteDescription } from "@/lib/http/route-description";
import { provideServices, type ServiceContext } from "@/lib/services/context";
import { boundPort, createNodeHandler, openHttpFace } from "../http-face";
import { projectRoot } from "../project-root";
import { createPublisherApi } from "../publisher-api";

export type Answer = { status: number; body: unknown };

export type ConsoleFace = {
  /** A new session of a person, asking by HTTP. */
  session(personId: string): Promise<(method: "GET" | "POST", path: string, body?: unknown) => Promise<Answer>>;
  close(): Promise<void>;
};

/** The handler of a call, from the file where Next would find it. */
async function servedAt({ method, path }: RouteDescription): Promise<RouteHandler> {
  const file = join(projectRoot(), "app", path.replaceAll(/\{(\w+)\}/g, "[$1]"), "route.ts");
  const served = (await import(/* @vite-ignore */ /* of app/api */ pathToFileURL(file).href)) as Record<
    string,
    RouteHandler
  >;
  const handler = served[method];
  if (handler === undefined) throw new Error(`${method} ${path} is served by nothing`);
  return handler;
}

/** The console's own handlers and the publishers' door, on a port of their own. */
export async function openConsoleFace(context: ServiceContext): Promise<ConsoleFace> {
  provideServices(context);
  const routes = Object.values(consoleRoutes).map((description) => ({
    description,
    handler: async (...call: Parameters<RouteHandler>) => (await servedAt(description))(...call),
  }));
  const face = await openHttpFace("127.0.0.1", 0);
  const ports = { ids: context.ids, logger: context.logger, validatesOutput: true };
  const lean = {
    prefixes: ["/api"],
    routes: [...routes, ...createPublisherApi(context, ports)],
    streams: new Map(),
  };
  face.serve(createNodeHandler(context, lean, null));
  const baseUrl = `http://127.0.0.1:${boundPort(face.server)}/api/console/v1`;
  return {
    async session(personId) {
      const origin = { method: "password", address: "192.0.2.1", userAgent: "test" } as const;
      const sid = await context.store.transaction(({ db }) =>
        startSession(db, context.ids, { personId, origin }, context.clock.nowMs()),
      );
      const { name } = sessionCookie(context.config.baseUrl);
      const cookie = `${name}=${await encode({ token: { sid }, secret: context.config.authSecret, salt: name })}`;
      return async (method, path, body) => {
        const response = await fetch(`${baseUrl}/${path}`, {
          method,
          headers: { cookie, "content-type": "application/json" },
          ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
        });
        const text = await response.text();
        return { status: response.status, body: text === "" ? null : JSON.parse(text) };
      };
    },
    close: () => face.close(0),
  };
}
