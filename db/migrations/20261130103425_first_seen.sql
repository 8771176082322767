CREATE TABLE "applied_revisions" (
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"devices" bigint NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"delays" "bytea" NOT NULL,
	CONSTRAINT "applied_revisions_epoch_revision_pk" PRIMARY KEY("epoch","revision")
);
--> statement-breakpoint
CREATE TABLE "seen_causes" (
	"app_id" text NOT NULL,
	"cause" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"about" jsonb,
	CONSTRAINT "seen_causes_app_id_cause_pk" PRIMARY KEY("app_id","cause")
);
--> statement-breakpoint
CREATE INDEX "seen_causes_first" ON "seen_causes" USING btree ("first_seen_at","app_id");--> statement-breakpoint
CREATE INDEX "seen_causes_app" ON "seen_causes" USING btree ("app_id","first_seen_at");--> statement-breakpoint
CREATE INDEX "seen_causes_last" ON "seen_causes" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "published_members_until" ON "published_members" USING btree ((("value" ->> 'until')::numeric)) WHERE jsonb_typeof("published_members"."value" -> 'until') = 'number';--> statement-breakpoint
CREATE INDEX "hour_details_limits" ON "hour_details" USING btree ("hour") WHERE "hour_details"."kind" = 'limit';--> statement-breakpoint
-- What was refused before is not new: since its first minute that is kept.
INSERT INTO "seen_causes" ("app_id", "cause", "first_seen_at", "last_seen_at", "about")
	SELECT "app_id", "name", min("first_at"), max("last_at"), (array_agg("about" ORDER BY "hour"))[1]
	FROM "hour_details" WHERE "kind" = 'cause' AND "name" <> '~other' GROUP BY "app_id", "name";
