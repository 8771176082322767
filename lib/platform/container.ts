import { AppError } from "./errors";

const KEY = Symbol.for("bulkhead.container");

/**
 * One container a process, put where every copy of this file finds it: Next bundles its own copies of `lib/`, so a
 * module's own variables are not shared between the server's entry, route handlers and pages.
 */
export function provideContainer(container: object): void {
  (globalThis as Record<symbol, unknown>)[KEY] = container;
}

/** Raises `unavailable` where no entry provided a container, for example while Next builds pages. */
export function obtainContainer(): object {
  const container = (globalThis as Record<symbol, unknown>)[KEY];
  if (typeof container !== "object" || container === null) {
    throw new AppError("unavailable", "The console is not ready.");
  }
  return container;
}
