import type { FuzzTopic } from "../topic";
import { addresses } from "./addresses";
import { apiCalls } from "./api-calls";
import { archives } from "./archives";
import { causes } from "./causes";
import { hosts, redirects } from "./hosts";
import { limits } from "./limits";
import { manifests } from "./manifests";
import { signatures } from "./signatures";
import { documents, heads, keysets } from "./signed";
import { storage } from "./storage";

/** What is asked about, in this order. */
export const TOPICS: readonly FuzzTopic[] = [
  hosts,
  redirects,
  addresses,
  apiCalls,
  limits,
  storage,
  signatures,
  documents,
  keysets,
  heads,
  manifests,
  archives,
  causes,
];
