ALTER TABLE "versions" DROP CONSTRAINT "versions_submission_id_unique";--> statement-breakpoint
ALTER TABLE "versions" DROP CONSTRAINT "versions_app_id_code_pk";--> statement-breakpoint
ALTER TABLE "bundles" ALTER COLUMN "content" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "versions" ADD PRIMARY KEY ("submission_id");--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "kid" text;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "verified_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "manifest_sha256" text;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "entries" bigint;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "unpacked_bytes" bigint;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "state" text DEFAULT 'kept' NOT NULL;--> statement-breakpoint
ALTER TABLE "bundles" ADD COLUMN "checked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "versions_code" ON "versions" USING btree ("app_id","code") WHERE state in ('submitted', 'listed') or listed_at is not null;--> statement-breakpoint
CREATE INDEX "versions_program" ON "versions" USING btree ("app_id","code");--> statement-breakpoint
UPDATE "bundles" b SET "verified_at" = b."created_at", "kid" = (SELECT min(v."kid") FROM "versions" v WHERE v."sha256" = b."sha256");
