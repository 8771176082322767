import { z } from "zod";
import { nameSchema } from "./shared";

/** `POST platform/name`: what people read in the frame and on the sign-in page. */
export const namePlatformInputSchema = z.object({ name: nameSchema });
export const platformNameSchema = z.object({ name: z.string() });
