ALTER TABLE "devices" ADD COLUMN "labels" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment_tokens" ADD COLUMN "labels" jsonb DEFAULT '{}'::jsonb NOT NULL;