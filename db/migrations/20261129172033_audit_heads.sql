CREATE TABLE "audit_heads" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"epoch" bigint NOT NULL,
	"issued_at_seconds" bigint NOT NULL,
	"jws" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_witnesses" (
	"sequence" bigint NOT NULL,
	"sha256" text NOT NULL,
	"epoch" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"issued_at_seconds" bigint NOT NULL,
	"jws" text NOT NULL,
	"device_id" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "audit_witnesses_sequence_sha256_pk" PRIMARY KEY("sequence","sha256")
);
