import { auditRoutes } from "./routes/audit";
import { changeSetsRoutes } from "./routes/change-sets";
import { denialsRoutes } from "./routes/denials";
import { devicesRoutes } from "./routes/devices";
import { overviewRoutes } from "./routes/overview";
import { peopleRoutes } from "./routes/people";
import { platformRoutes } from "./routes/platform";
import { portalRoutes } from "./routes/portal";
import { programsRoutes } from "./routes/programs";
import { publishersRoutes } from "./routes/publishers";
import { readinessRoutes } from "./routes/readiness";
import { reportingRoutes } from "./routes/reporting";
import { searchRoutes } from "./routes/search";
import { sessionRoutes } from "./routes/session";
import { submissionsRoutes } from "./routes/submissions";

/** Every call of the console, as data: handlers are made of them, OpenAPI describes them, and browsers know where they lie. */
export const consoleRoutes = {
  ...sessionRoutes,
  ...overviewRoutes,
  ...searchRoutes,
  ...readinessRoutes,
  ...platformRoutes,
  ...reportingRoutes,
  ...programsRoutes,
  ...denialsRoutes,
  ...portalRoutes,
  ...submissionsRoutes,
  ...changeSetsRoutes,
  ...publishersRoutes,
  ...peopleRoutes,
  ...devicesRoutes,
  ...auditRoutes,
} as const;
