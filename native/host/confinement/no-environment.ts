/** What every tool and child is started with: nothing of the host's environment, which may hold secrets. */
export const NO_ENVIRONMENT: NodeJS.ProcessEnv = Object.create(null);
