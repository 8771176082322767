CREATE TABLE "clocks" (
	"boot_id" text PRIMARY KEY NOT NULL,
	"machine" text NOT NULL,
	"wall_ms" bigint NOT NULL,
	"uptime_ms" bigint NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"jump_ms" bigint,
	"jumped_at" timestamp with time zone,
	"confirmed_by" text,
	"confirmed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "continuity" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"restored_at" timestamp with time zone,
	"backup_at" timestamp with time zone,
	"revision_lift" bigint DEFAULT 0 NOT NULL,
	"proven_epoch" bigint DEFAULT 0 NOT NULL,
	"proven_revision" bigint DEFAULT 0 NOT NULL,
	"proven_at" timestamp with time zone,
	"floor_epoch" bigint DEFAULT 0 NOT NULL,
	"floor_revision" bigint DEFAULT 0 NOT NULL,
	"resumed_at" timestamp with time zone,
	"resumed_by" text,
	CONSTRAINT "continuity_single_row" CHECK ("continuity"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "held_documents" (
	"device_id" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"sha256" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "held_narrowings" (
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"learned_at" timestamp with time zone NOT NULL,
	"verdict" text NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	CONSTRAINT "held_narrowings_kind_subject_pk" PRIMARY KEY("kind","subject")
);
--> statement-breakpoint
CREATE TABLE "probes" (
	"process" text PRIMARY KEY NOT NULL,
	"nonce" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unlisted_minutes" (
	"device_id" text NOT NULL,
	"app_id" text NOT NULL,
	"day" timestamp with time zone NOT NULL,
	"minutes" bit(1440) NOT NULL,
	CONSTRAINT "unlisted_minutes_device_id_app_id_day_pk" PRIMARY KEY("device_id","app_id","day")
);
--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "clamped" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "rejected" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "unlisted_minutes_app" ON "unlisted_minutes" USING btree ("app_id","day");