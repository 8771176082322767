/** The strict JSON of spec §2, for every body that arrives at a door. */
export { parseJson } from "@/native/core/json/parse-json";
