import { z } from "zod";
import { LABEL_VALUE } from "./labels";

export const labelValueShape = z.string().regex(LABEL_VALUE);
