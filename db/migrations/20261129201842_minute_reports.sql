ALTER TABLE "telemetry_minutes" ADD COLUMN "requests_per_second_max" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "bridge_calls" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "bridge_calls_per_second_max" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "storage_bytes_max" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "cache_bytes_max" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "limits" jsonb;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "applied_epoch" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "applied_platform" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "applied_program" bigint;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "runtime_kind" text;--> statement-breakpoint
ALTER TABLE "telemetry_minutes" ADD COLUMN "runtime_version" text;