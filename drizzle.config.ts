import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./db/schema/!(columns|index).ts",
  out: "./db/migrations",
  migrations: { prefix: "timestamp" },
});
