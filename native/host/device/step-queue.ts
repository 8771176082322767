/** Takes one step after another: what happens while one is carried out waits for its end. */
export type StepQueue<Happening> = {
  happen(happening: Happening): void;
  /** Resolves once this holds after a step, or at once. */
  waitFor(check: () => boolean): Promise<void>;
  /** What happens from now on is not heard. */
  end(): void;
};

export function createStepQueue<Happening>(takeStep: (happening: Happening) => void): StepQueue<Happening> {
  const waiting: Happening[] = [];
  let watchers: { check(): boolean; resolve(): void }[] = [];
  let isBusy = false;
  let isOver = false;

  function tellWatchers(): void {
    const done = watchers.filter(({ check }) => check());
    watchers = watchers.filter((watcher) => !done.includes(watcher));
    for (const { resolve } of done) resolve();
  }

  return {
    happen(happening) {
      if (isOver) return;
      waiting.push(happening);
      if (isBusy) return;
      isBusy = true;
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          takeStep(next);
          tellWatchers();
        }
      } finally {
        isBusy = false;
      }
    },
    waitFor(check) {
      if (check()) return Promise.resolve();
      return new Promise((resolve) => watchers.push({ check, resolve }));
    },
    end() {
      isOver = true;
    },
  };
}
