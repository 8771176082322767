import { openStore } from "../open-store";

/** `announce-once URL`: opens the store as another process does, announces one document and leaves. */
const [url = ""] = process.argv.slice(2);
const { store } = await openStore({ location: { kind: "postgres", url } });
await store.transaction(async (tx) =>
  tx.announce({
    topic: "documents",
    documents: [{ kind: "program", appId: "com.example.other", epoch: 1, revision: 2 }],
  }),
);
await store.close();
