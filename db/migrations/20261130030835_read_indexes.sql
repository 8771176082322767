DROP INDEX "audit_entries_app";--> statement-breakpoint
DROP INDEX "programs_publisher";--> statement-breakpoint
CREATE INDEX "audit_entries_action" ON "audit_entries" USING btree ("action","sequence");--> statement-breakpoint
CREATE INDEX "change_sets_published" ON "change_sets" USING btree ("published_at");--> statement-breakpoint
CREATE INDEX "devices_seen" ON "devices" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "devices_listed" ON "devices" USING btree (("revoked_at" is not null),lower("name"),"id");--> statement-breakpoint
CREATE INDEX "people_listed" ON "people" USING btree (lower("name"),"id");--> statement-breakpoint
CREATE INDEX "programs_listed" ON "programs" USING btree (lower("name"),"app_id");--> statement-breakpoint
CREATE INDEX "versions_sha256" ON "versions" USING btree ("sha256");--> statement-breakpoint
CREATE INDEX "versions_state" ON "versions" USING btree ("state","submitted_at");--> statement-breakpoint
CREATE INDEX "publishers_listed" ON "publishers" USING btree (lower("name"),"id");--> statement-breakpoint
CREATE INDEX "audit_entries_app" ON "audit_entries" USING btree ("app_id","sequence");--> statement-breakpoint
CREATE INDEX "programs_publisher" ON "programs" USING btree ("publisher_id",lower("name"),"app_id");