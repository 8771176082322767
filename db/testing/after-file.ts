import { afterAll } from "vitest";
import { stopPostgresServer } from "./postgres-server";

// Registered before any hook of the file, so it runs after them all.
afterAll(stopPostgresServer);
