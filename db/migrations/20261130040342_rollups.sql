ALTER TABLE "telemetry_increments" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP TABLE "telemetry_increments" CASCADE;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "late" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "telemetry_minutes_at" ON "telemetry_minutes" USING btree ("at");