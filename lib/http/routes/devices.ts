import { z } from "zod";
import {
  createEnrolmentInputSchema,
  createEnrolmentResultSchema,
  deviceListQuerySchema,
  deviceListSchema,
  deviceViewSchema,
} from "@/lib/contracts/devices";
import { reasonSchema } from "@/lib/contracts/shared";
import { describeRoute } from "../route-description";
import { BASE, byId, none, read, write } from "./bases";

export const devicesRoutes = {
  listDevices: describeRoute({
    ...read,
    permission: "devices.read",
    path: `${BASE}/devices`,
    summary: "Enrolled devices and what they enforce",
    input: { query: deviceListQuerySchema },
    output: deviceListSchema,
    refusals: [],
  }),
  getDevice: describeRoute({
    ...read,
    permission: "devices.read",
    path: `${BASE}/devices/{id}`,
    summary: "One enrolled device",
    input: { params: byId },
    output: deviceViewSchema,
    refusals: ["not_found"],
  }),
  revokeDevice: describeRoute({
    ...write,
    permission: "devices.revoke",
    path: `${BASE}/devices/{id}/revoke`,
    summary: "Revoke a device for good",
    input: { params: byId, body: z.object({ reason: reasonSchema }) },
    output: none,
    refusals: ["not_found", "conflict"],
  }),
  createEnrolment: describeRoute({
    ...write,
    permission: "devices.enrol",
    path: `${BASE}/enrolments`,
    summary: "Make an enrolment file with a one-time token",
    input: { body: createEnrolmentInputSchema },
    output: createEnrolmentResultSchema,
    successStatus: 201,
    refusals: [],
  }),
} as const;
