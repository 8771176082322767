import { callConsole } from "@/lib/http/console-client";
import { platformRoutes } from "@/lib/http/routes/platform";

export const namePlatform = (name: string) => callConsole(platformRoutes.namePlatform, { body: { name } });
