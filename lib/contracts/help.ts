/** Where a code is explained, for every refusal that leaves by a door (spec 5.55). */
export { helpOf } from "@/native/core/decide/help";
