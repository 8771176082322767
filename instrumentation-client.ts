// Shapes are read without compiled code: the content policy allows none, and a browser reports each try. It stands where
// zod looks for its settings when it is loaded, so that a page that needs no zod does not load it for this.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
