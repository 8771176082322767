CREATE TABLE "external_routes" (
	"app_id" text NOT NULL,
	"page" text NOT NULL,
	CONSTRAINT "external_routes_app_id_page_pk" PRIMARY KEY("app_id","page")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"app_id" text NOT NULL,
	"capability" text NOT NULL,
	"consent" text NOT NULL,
	"constraints" jsonb,
	"until_seconds" bigint,
	"change_set_id" text,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "grants_app_id_capability_pk" PRIMARY KEY("app_id","capability")
);
--> statement-breakpoint
CREATE TABLE "host_rules" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"host" text NOT NULL,
	"ports" jsonb NOT NULL,
	"purposes" jsonb NOT NULL,
	"until_seconds" bigint,
	"from_version" bigint,
	"pins" jsonb,
	"change_set_id" text,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "receivers" (
	"app_id" text NOT NULL,
	"from_app_id" text NOT NULL,
	"actions" jsonb NOT NULL,
	CONSTRAINT "receivers_app_id_from_app_id_pk" PRIMARY KEY("app_id","from_app_id")
);
--> statement-breakpoint
CREATE TABLE "audit_entries" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" jsonb NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"app_id" text,
	"change_set_id" text,
	"reason" text,
	"before" jsonb,
	"after" jsonb,
	"request_id" text,
	"previous_sha256" text NOT NULL,
	"sha256" text NOT NULL,
	CONSTRAINT "audit_entries_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"sequence" bigint NOT NULL,
	"sha256" text NOT NULL,
	CONSTRAINT "audit_head_single_row" CHECK ("audit_head"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "change_sets" (
	"id" text PRIMARY KEY NOT NULL,
	"number" serial NOT NULL,
	"owner_id" text NOT NULL,
	"state" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"is_narrowing" boolean DEFAULT false NOT NULL,
	"undo_of" text,
	"split_from" text,
	"undone_by" text,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision_reason" text,
	"proposed_at" timestamp with time zone,
	"published_by" text,
	"published_at" timestamp with time zone,
	"platform_epoch" bigint,
	"platform_revision" bigint,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "change_sets_number_unique" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"id" text PRIMARY KEY NOT NULL,
	"change_set_id" text NOT NULL,
	"position" bigint NOT NULL,
	"member" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"direction" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"thumbprint" text NOT NULL,
	"runtime_kind" text NOT NULL,
	"runtime_version" text NOT NULL,
	"runtime_layers" jsonb NOT NULL,
	"enrolled_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"applied_epoch" bigint,
	"applied_keyset" bigint,
	"applied_platform" bigint,
	"applied_programs" jsonb,
	"applied_at" timestamp with time zone,
	"discarded" jsonb NOT NULL,
	CONSTRAINT "devices_thumbprint_unique" UNIQUE("thumbprint")
);
--> statement-breakpoint
CREATE TABLE "enrolment_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"token_sha256" text NOT NULL,
	"device_name" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"used_by" text,
	"device_id" text,
	CONSTRAINT "enrolment_tokens_token_sha256_unique" UNIQUE("token_sha256")
);
--> statement-breakpoint
CREATE TABLE "used_assertions" (
	"jti" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"app_id" text NOT NULL,
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"sha256" text NOT NULL,
	"jws" text NOT NULL,
	"issued_at_seconds" bigint NOT NULL,
	"expires_at_seconds" bigint NOT NULL,
	"change_set_id" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keysets" (
	"revision" bigint PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"jws" text NOT NULL,
	"claims" jsonb NOT NULL,
	"expires_at_seconds" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "journal_changes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"relation" text NOT NULL,
	"op" text NOT NULL,
	"row" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "journal_records" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"line" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "credentials" (
	"person_id" text PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "identities" (
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"person_id" text NOT NULL,
	"linked_at" timestamp with time zone NOT NULL,
	CONSTRAINT "identities_issuer_subject_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"publisher_id" text,
	"state" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"token_sha256" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"person_id" text,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "blocked_hosts" (
	"host" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "limits" (
	"scope" text NOT NULL,
	"name" text NOT NULL,
	"value" jsonb NOT NULL,
	CONSTRAINT "limits_scope_name_pk" PRIMARY KEY("scope","name")
);
--> statement-breakpoint
CREATE TABLE "min_revisions" (
	"app_id" text PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"keep_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "min_runtimes" (
	"kind" text PRIMARY KEY NOT NULL,
	"version" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"platform_id" text NOT NULL,
	"name" text NOT NULL,
	"environment" text NOT NULL,
	"grace_seconds" integer NOT NULL,
	"telemetry_interval_seconds" integer NOT NULL,
	"telemetry_sampling" integer NOT NULL,
	"set_up_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "platform_single_row" CHECK ("platform"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "bundles" (
	"sha256" text PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"content" "bytea" NOT NULL,
	"signature" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "programs" (
	"app_id" text PRIMARY KEY NOT NULL,
	"publisher_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"app_id" text NOT NULL,
	"code" bigint NOT NULL,
	"name" text NOT NULL,
	"publisher_id" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"kid" text NOT NULL,
	"engine" text NOT NULL,
	"declares" jsonb NOT NULL,
	"manifest" jsonb NOT NULL,
	"state" text NOT NULL,
	"submission_id" text NOT NULL,
	"submitted_at" timestamp with time zone NOT NULL,
	"listed_at" timestamp with time zone,
	"comment" text,
	CONSTRAINT "versions_app_id_code_pk" PRIMARY KEY("app_id","code"),
	CONSTRAINT "versions_submission_id_unique" UNIQUE("submission_id")
);
--> statement-breakpoint
CREATE TABLE "publisher_keys" (
	"publisher_id" text NOT NULL,
	"kid" text NOT NULL,
	"jwk" jsonb NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "publisher_keys_publisher_id_kid_pk" PRIMARY KEY("publisher_id","kid"),
	CONSTRAINT "publisher_keys_kid_unique" UNIQUE("kid")
);
--> statement-breakpoint
CREATE TABLE "publisher_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"publisher_id" text NOT NULL,
	"person_id" text,
	"token_sha256" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "publisher_tokens_token_sha256_unique" UNIQUE("token_sha256")
);
--> statement-breakpoint
CREATE TABLE "publishers" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"device_id" text NOT NULL,
	"event_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"app_id" text,
	"version_code" bigint,
	"denial_id" text,
	"cause" text,
	"code" text,
	"layer" text,
	"rule" text,
	"body" jsonb NOT NULL,
	CONSTRAINT "events_device_id_event_id_pk" PRIMARY KEY("device_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "telemetry_batches" (
	"device_id" text NOT NULL,
	"batch_id" text NOT NULL,
	"body_sha256" text NOT NULL,
	"response" jsonb NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "telemetry_batches_device_id_batch_id_pk" PRIMARY KEY("device_id","batch_id")
);
--> statement-breakpoint
CREATE TABLE "telemetry_minutes" (
	"device_id" text NOT NULL,
	"app_id" text NOT NULL,
	"version_code" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"cpu_ms" bigint NOT NULL,
	"memory_bytes_max" bigint NOT NULL,
	"requests" bigint NOT NULL,
	"blocked" bigint NOT NULL,
	"bytes_in" bigint NOT NULL,
	"bytes_out" bigint NOT NULL,
	"in_flight_max" bigint NOT NULL,
	"throttled_ms" bigint NOT NULL,
	"crashes" bigint NOT NULL,
	"apis" jsonb NOT NULL,
	"hosts" jsonb NOT NULL,
	"denials" jsonb NOT NULL,
	CONSTRAINT "telemetry_minutes_device_id_app_id_version_code_at_pk" PRIMARY KEY("device_id","app_id","version_code","at")
);
--> statement-breakpoint
ALTER TABLE "external_routes" ADD CONSTRAINT "external_routes_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_rules" ADD CONSTRAINT "host_rules_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "receivers" ADD CONSTRAINT "receivers_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "changes" ADD CONSTRAINT "changes_change_set_id_change_sets_id_fk" FOREIGN KEY ("change_set_id") REFERENCES "public"."change_sets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identities" ADD CONSTRAINT "identities_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "programs" ADD CONSTRAINT "programs_publisher_id_publishers_id_fk" FOREIGN KEY ("publisher_id") REFERENCES "public"."publishers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "versions" ADD CONSTRAINT "versions_app_id_programs_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."programs"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "publisher_keys" ADD CONSTRAINT "publisher_keys_publisher_id_publishers_id_fk" FOREIGN KEY ("publisher_id") REFERENCES "public"."publishers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "publisher_tokens" ADD CONSTRAINT "publisher_tokens_publisher_id_publishers_id_fk" FOREIGN KEY ("publisher_id") REFERENCES "public"."publishers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "host_rules_app" ON "host_rules" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "audit_entries_at" ON "audit_entries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_entries_app" ON "audit_entries" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "audit_entries_change_set" ON "audit_entries" USING btree ("change_set_id");--> statement-breakpoint
CREATE UNIQUE INDEX "change_sets_one_draft" ON "change_sets" USING btree ("owner_id") WHERE "change_sets"."state" = 'draft';--> statement-breakpoint
CREATE INDEX "change_sets_state" ON "change_sets" USING btree ("state","updated_at");--> statement-breakpoint
CREATE UNIQUE INDEX "changes_member" ON "changes" USING btree ("change_set_id","member");--> statement-breakpoint
CREATE INDEX "changes_by_member" ON "changes" USING btree ("member");--> statement-breakpoint
CREATE INDEX "devices_applied" ON "devices" USING btree ("applied_epoch","applied_platform");--> statement-breakpoint
CREATE INDEX "used_assertions_expiry" ON "used_assertions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "documents_revision" ON "documents" USING btree ("kind","app_id","epoch","revision");--> statement-breakpoint
CREATE INDEX "documents_newest" ON "documents" USING btree ("kind","app_id","epoch" desc,"revision" desc);--> statement-breakpoint
CREATE INDEX "documents_change_set" ON "documents" USING btree ("change_set_id");--> statement-breakpoint
CREATE UNIQUE INDEX "people_email" ON "people" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "sessions_person" ON "sessions" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "sign_in_failures_key" ON "sign_in_failures" USING btree ("key","at");--> statement-breakpoint
CREATE INDEX "programs_publisher" ON "programs" USING btree ("publisher_id");--> statement-breakpoint
CREATE INDEX "versions_publisher" ON "versions" USING btree ("publisher_id");--> statement-breakpoint
CREATE INDEX "publisher_tokens_publisher" ON "publisher_tokens" USING btree ("publisher_id");--> statement-breakpoint
CREATE INDEX "events_app" ON "events" USING btree ("app_id","at");--> statement-breakpoint
CREATE INDEX "events_denial" ON "events" USING btree ("denial_id");--> statement-breakpoint
CREATE INDEX "events_received" ON "events" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "telemetry_batches_received" ON "telemetry_batches" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "telemetry_minutes_app" ON "telemetry_minutes" USING btree ("app_id","at");