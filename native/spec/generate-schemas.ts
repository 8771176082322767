import { writeFileSync } from "node:fs";
import { writeSchemas } from "./schemas";

/** Writes `schemas/` anew: `tsx native/spec/generate-schemas.ts`. A test tells where they are not current. */
for (const [name, text] of writeSchemas()) writeFileSync(new URL(`schemas/${name}`, import.meta.url), text);
