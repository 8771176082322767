import { config } from "zod";

// Shapes are read without compiled code: the content policy allows none, and a browser reports each try.
config({ jitless: true });
