CREATE TABLE "handovers" (
	"person_id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"change_set_id" text,
	"link_to" text NOT NULL,
	"code_to" text NOT NULL,
	"token_sha256" text,
	"code_hmac" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "handovers_token_sha256_unique" UNIQUE("token_sha256")
);
--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "sign_in_given_by" text;--> statement-breakpoint
ALTER TABLE "handovers" ADD CONSTRAINT "handovers_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;