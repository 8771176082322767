import { platformRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const namePlatform = (name: string) => callConsole(platformRoutes.namePlatform, { body: { name } });
