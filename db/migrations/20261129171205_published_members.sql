CREATE TABLE "published_members" (
	"member" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"app_id" text,
	"value" jsonb NOT NULL,
	"change_set_id" text,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- Every row becomes a member under the key that lib/domain/member-keys.ts writes, with the value that its kind's shape
-- reads: what was null is absent. A limit of a program that is not registered was never published.
INSERT INTO "published_members" ("member", "kind", "app_id", "value", "change_set_id", "updated_at")
SELECT 'program:' || "app_id" || '/grant:' || "capability", 'grant', "app_id",
	jsonb_build_object('consent', "consent")
		|| CASE WHEN "constraints" IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('constraints', "constraints") END
		|| CASE WHEN "until_seconds" IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('until', "until_seconds") END,
	"change_set_id", "updated_at"
FROM "grants";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "app_id", "value", "change_set_id", "updated_at")
SELECT 'program:' || "app_id" || '/host:' || "id", 'host', "app_id",
	jsonb_build_object('host', "host", 'ports', "ports", 'purposes', "purposes")
		|| CASE WHEN "until_seconds" IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('until', "until_seconds") END
		|| CASE WHEN "from_version" IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('fromVersion', "from_version") END
		|| CASE WHEN "pins" IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('pins', "pins") END,
	"change_set_id", "updated_at"
FROM "host_rules";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "app_id", "value", "updated_at")
SELECT 'program:' || "app_id" || '/receiver:' || "from_app_id", 'receiver', "app_id",
	jsonb_build_object('actions', "actions"), "created_at"
FROM "receivers" JOIN "programs" USING ("app_id");
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "app_id", "value", "updated_at")
SELECT 'program:' || "app_id" || '/route:' || "page", 'route', "app_id", 'true'::jsonb, "created_at"
FROM "external_routes" JOIN "programs" USING ("app_id");
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "app_id", "value", "updated_at")
SELECT 'program:' || "app_id" || '/limit:' || "limits"."name", 'limit', "app_id", "value", "created_at"
FROM "limits" JOIN "programs" ON "app_id" = "scope";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "value", "updated_at")
SELECT 'platform/limit:' || "limits"."name", 'platform-limit', "value", "created_at"
FROM "limits" CROSS JOIN "platform" WHERE "scope" = 'platform';
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "value", "updated_at")
SELECT 'platform/blocked-host:' || "host", 'blocked-host', 'true'::jsonb, "created_at"
FROM "blocked_hosts" CROSS JOIN "platform";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "value", "updated_at")
SELECT 'platform/min-runtime:' || "kind", 'min-runtime', to_jsonb("version"), "created_at"
FROM "min_runtimes" CROSS JOIN "platform";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "value", "updated_at")
SELECT 'platform/grace-seconds', 'grace-seconds', to_jsonb("grace_seconds"), "created_at" FROM "platform";
--> statement-breakpoint
INSERT INTO "published_members" ("member", "kind", "value", "updated_at")
SELECT 'platform/telemetry', 'telemetry',
	jsonb_build_object('intervalSeconds', "telemetry_interval_seconds", 'sampling', "telemetry_sampling"), "created_at"
FROM "platform";
--> statement-breakpoint
-- Rows that did not say which decision wrote them get it from the decisions.
UPDATE "published_members" SET "change_set_id" = "last"."id", "updated_at" = "last"."published_at"
FROM (
	SELECT DISTINCT ON ("changes"."member") "changes"."member", "change_sets"."id", "change_sets"."published_at"
	FROM "changes" JOIN "change_sets" ON "change_sets"."id" = "changes"."change_set_id"
	WHERE "change_sets"."state" = 'published' AND "change_sets"."published_at" IS NOT NULL
	ORDER BY "changes"."member", "change_sets"."published_at" DESC, "change_sets"."number" DESC
) AS "last"
WHERE "last"."member" = "published_members"."member" AND "published_members"."kind" NOT IN ('grant', 'host');
--> statement-breakpoint
DROP TABLE "external_routes" CASCADE;--> statement-breakpoint
DROP TABLE "grants" CASCADE;--> statement-breakpoint
DROP TABLE "host_rules" CASCADE;--> statement-breakpoint
DROP TABLE "receivers" CASCADE;--> statement-breakpoint
DROP TABLE "blocked_hosts" CASCADE;--> statement-breakpoint
DROP TABLE "limits" CASCADE;--> statement-breakpoint
DROP TABLE "min_runtimes" CASCADE;--> statement-breakpoint
ALTER TABLE "published_members" ADD CONSTRAINT "published_members_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "published_members_app" ON "published_members" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "published_members_kind" ON "published_members" USING btree ("kind");--> statement-breakpoint
ALTER TABLE "platform" DROP COLUMN "grace_seconds";--> statement-breakpoint
ALTER TABLE "platform" DROP COLUMN "telemetry_interval_seconds";--> statement-breakpoint
ALTER TABLE "platform" DROP COLUMN "telemetry_sampling";