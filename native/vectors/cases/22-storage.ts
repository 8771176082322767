import { caseTable } from "../craft/case-table";
import type { VectorTopic } from "../vector-topic";

const place = (changes: Record<string, string> = {}) => ({
  appId: "com.example.notes",
  user: "u1",
  area: "storage",
  key: "a",
  ...changes,
});
const at = (path: string) => ({ result: "ok", path });
const refused = { result: "refused" };

export const topic: VectorTopic = {
  name: "22-storage",
  specClause: "§5",
  op: "storage",
  state: {},
  notes: {
    area: "Only three areas are there, and none is reached by a path.",
    case: "A file system that ignores case must not make one file of two keys.",
    length: "Bytes are counted, not characters: a name of a file system has an end.",
    path: "A key is never a path.",
    text: "Two spellings of a text are two keys; what is no text is none.",
  },
  cases: caseTable("storage", [
    ["001", "a key of one letter", [], place(), at("uouyq/storage/kme")],
    ["002", "the area of files", ["area"], place({ area: "files" }), at("uouyq/files/kme")],
    ["003", "the area of the cache", ["area"], place({ area: "cache" }), at("uouyq/cache/kme")],
    ["004", "a capital letter", ["case"], place({ key: "A" }), at("uouyq/storage/kie")],
    ["005", "dots that would lead up", ["path"], place({ key: "../../x" }), at("uouyq/storage/kfyxc6lrof54a")],
    ["006", "a slash", ["path"], place({ key: "/" }), at("uouyq/storage/kf4")],
    ["007", "a NUL", ["path"], place({ key: "\u0000" }), at("uouyq/storage/kaa")],
    ["008", "a user that looks like a path", ["path"], place({ user: ".." }), at("ufyxa/storage/kme")],
    ["009", "a user in capitals", ["case"], place({ user: "U1" }), at("ukuyq/storage/kme")],
    ["010", "é in one code point", ["text"], place({ key: "\u00e9" }), at("uouyq/storage/kyouq")],
    ["011", "é in two code points", ["text"], place({ key: "e\u0301" }), at("uouyq/storage/kmxgic")],
    ["012", "a face of four bytes", ["text"], place({ key: "\u{1f600}" }), at("uouyq/storage/k6cpzraa")],
    ["013", "128 bytes", ["length"], place({ key: "a".repeat(128) }), at(`uouyq/storage/k${"mfqwcylb".repeat(25)}mfqwc`)],
    ["014", "64 letters of two bytes", ["length"], place({ key: "\u00e9".repeat(64) }), at(`uouyq/storage/k${"you4hkodvhb2tq5j".repeat(12)}you4hkodvhb2s`)],
    ["101", "an empty key", ["length"], place({ key: "" }), refused],
    ["102", "129 bytes", ["length"], place({ key: "a".repeat(129) }), refused],
    ["103", "65 letters of two bytes", ["length"], place({ key: "\u00e9".repeat(65) }), refused],
    ["104", "a lone high surrogate", ["text"], place({ key: "a\ud800" }), refused],
    ["105", "a lone low surrogate", ["text"], place({ key: "\udc00a" }), refused],
    ["106", "surrogates the wrong way round", ["text"], place({ key: "\udc00\ud800" }), refused],
    ["107", "an empty user", ["length"], place({ user: "" }), refused],
    ["108", "a user of 129 bytes", ["length"], place({ user: "u".repeat(129) }), refused],
    ["109", "a user with a lone surrogate", ["text"], place({ user: "\ud800" }), refused],
    ["110", "an area that is not there", ["area"], place({ area: "keys" }), refused],
    ["111", "an area in capitals", ["area", "case"], place({ area: "Storage" }), refused],
    ["112", "an area that leads up", ["area", "path"], place({ area: "../storage" }), refused],
    ["113", "an empty area", ["area"], place({ area: "" }), refused],
    ["114", "an area named like a method", ["area"], place({ area: "constructor" }), refused],
    ["115", "an app id in capitals", ["case"], place({ appId: "com.Example.notes" }), refused],
    ["116", "an app id of one label", ["path"], place({ appId: "notes" }), refused],
    ["117", "an app id that leads up", ["path"], place({ appId: "../com.example" }), refused],
    ["118", "an empty app id", ["path"], place({ appId: "" }), refused],
    ["119", "an app id with a line feed at its end", ["path"], place({ appId: "com.example.notes\n" }), refused],
    ["120", "an app id of 129 characters", ["length"], place({ appId: `com.${"a".repeat(125)}` }), refused],
  ]),
};
