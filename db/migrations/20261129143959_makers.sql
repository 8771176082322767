ALTER TABLE "publisher_tokens" RENAME COLUMN "person_id" TO "created_by";--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "token_id" text;--> statement-breakpoint
ALTER TABLE "publisher_keys" ADD COLUMN "created_by" text;