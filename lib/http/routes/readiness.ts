import { clockViewSchema, confirmClockInputSchema } from "@/lib/contracts/clock";
import { continuityViewSchema } from "@/lib/contracts/continuity";
import { readinessSchema } from "@/lib/contracts/readiness";
import { describeRoute } from "../route-description";
import { BASE, none, seesConsole, write } from "./bases";

export const readinessRoutes = {
  getReadiness: describeRoute({
    ...seesConsole,
    path: `${BASE}/readiness`,
    summary: "What the process that answers stands on, and what to do where it fails",
    output: readinessSchema,
    refusals: [],
  }),
  getClock: describeRoute({
    ...seesConsole,
    path: `${BASE}/clock`,
    summary: "Whether the clock of the machine that answers is believed",
    output: clockViewSchema,
    refusals: [],
  }),
  confirmClock: describeRoute({
    ...write,
    permission: "platform.confirm",
    path: `${BASE}/clock/confirm`,
    summary: "Confirm that a clock that jumped is right",
    input: { body: confirmClockInputSchema },
    output: clockViewSchema,
    refusals: ["conflict"],
  }),
  getContinuity: describeRoute({
    ...seesConsole,
    path: `${BASE}/continuity`,
    summary: "Whether devices may hold documents that this store does not know of",
    output: continuityViewSchema,
    refusals: [],
  }),
  resumeContinuity: describeRoute({
    ...write,
    permission: "platform.confirm",
    path: `${BASE}/continuity/resume`,
    summary: "Sign every document above whatever devices hold",
    input: { body: none },
    output: continuityViewSchema,
    refusals: ["conflict", "unavailable"],
  }),
} as const;
