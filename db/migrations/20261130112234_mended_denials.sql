CREATE TABLE "denial_acknowledgements" (
	"app_id" text NOT NULL,
	"cause" text NOT NULL,
	"person_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"seen" jsonb NOT NULL,
	CONSTRAINT "denial_acknowledgements_cause" PRIMARY KEY("app_id","cause")
);
--> statement-breakpoint
CREATE TABLE "denial_judgements" (
	"app_id" text PRIMARY KEY NOT NULL,
	"judged" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "denial_mends" (
	"app_id" text NOT NULL,
	"cause" text NOT NULL,
	"purpose" text NOT NULL,
	"version_code" bigint NOT NULL,
	"counted_kind" text NOT NULL,
	"counted_name" text NOT NULL,
	"document" text NOT NULL,
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"change_set_id" text,
	"is_first" boolean NOT NULL,
	"through" bigint NOT NULL,
	"is_at_least" boolean NOT NULL,
	CONSTRAINT "denial_mends_kept" PRIMARY KEY("app_id","cause","purpose")
);
--> statement-breakpoint
CREATE TABLE "denial_sightings" (
	"app_id" text NOT NULL,
	"cause" text NOT NULL,
	"purpose" text NOT NULL,
	"runtime_kind" text NOT NULL,
	"version_code" bigint NOT NULL,
	"about" jsonb NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "denial_sightings_seen" PRIMARY KEY("app_id","cause","purpose","runtime_kind")
);
--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "denial_id" text;--> statement-breakpoint
CREATE INDEX "denial_mends_change_set" ON "denial_mends" USING btree ("change_set_id");--> statement-breakpoint
CREATE INDEX "denial_sightings_last" ON "denial_sightings" USING btree ("last_at");--> statement-breakpoint
-- Single records say in which kind of runtime; of what was counted without one it is not known. What a cause is about is
-- told by its oldest record alone, found by index: a cause that many devices tell has millions of them.
INSERT INTO "denial_sightings" ("app_id", "cause", "purpose", "runtime_kind", "version_code", "about", "first_at", "last_at")
SELECT told."app_id", told."cause", told.purpose, told."runtime_kind", told.version_code, oldest.about, told.first_at, told.last_at
FROM (
	SELECT "events"."app_id", "events"."cause", coalesce("events"."body"->>'purpose', '') AS purpose, "devices"."runtime_kind",
		max("events"."version_code") AS version_code, min("events"."at") AS first_at, max("events"."at") AS last_at
	FROM "events" JOIN "devices" ON "devices"."id" = "events"."device_id"
	WHERE "events"."denial_id" IS NOT NULL AND "events"."cause" IS NOT NULL AND "events"."app_id" IS NOT NULL
		AND "events"."version_code" IS NOT NULL AND "devices"."revoked_at" IS NULL
	GROUP BY 1, 2, 3, 4
) AS told CROSS JOIN LATERAL (
	SELECT jsonb_strip_nulls(jsonb_build_object('code', "events"."code", 'layer', "events"."layer", 'rule', "events"."rule",
		'api', "events"."body"->'api', 'host', "events"."body"->'host', 'port', "events"."body"->'port',
		'purpose', "events"."body"->'purpose')) AS about
	FROM "events" JOIN "devices" ON "devices"."id" = "events"."device_id"
	WHERE "events"."cause" = told."cause" AND "events"."at" = told.first_at AND "events"."app_id" = told."app_id"
		AND coalesce("events"."body"->>'purpose', '') = told.purpose AND "devices"."runtime_kind" = told."runtime_kind"
		AND "events"."denial_id" IS NOT NULL AND "events"."version_code" IS NOT NULL AND "devices"."revoked_at" IS NULL
	LIMIT 1
) AS oldest;--> statement-breakpoint
INSERT INTO "denial_sightings" ("app_id", "cause", "purpose", "runtime_kind", "version_code", "about", "first_at", "last_at")
SELECT counted.* FROM (
	SELECT "app_id", "name", coalesce("about"->>'purpose', '') AS purpose, '' AS kind, max("version_code"),
		(array_agg("about" ORDER BY "hour"))[1], min("first_at"), max("last_at")
	FROM "hour_details" WHERE "kind" = 'cause' AND "name" <> '~other' AND "about" IS NOT NULL
	GROUP BY 1, 2, 3
) AS counted
WHERE NOT EXISTS (SELECT 1 FROM "denial_sightings" AS seen
	WHERE seen."app_id" = counted."app_id" AND seen."cause" = counted."name" AND seen."purpose" = counted.purpose);--> statement-breakpoint
INSERT INTO "denial_judgements" ("app_id", "judged") SELECT DISTINCT "app_id", '' FROM "denial_sightings";
