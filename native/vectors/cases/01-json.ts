import { caseTable } from "../craft/case-table";
import type { VectorTopic } from "../vector-topic";

const members =
  '"app_id":"com.example.notes","name":"Notes","icons":[],"pages":[],"platform_version":{"min_code":1},"version":{"code":1,"name":"1"}';
/** A manifest with one more member, which the draft does not know and which is therefore ignored once it is JSON. */
const withMember = (member: string) => ({ text: `{${members},${member}}` });
const text = (given: string) => ({ text: given });
const nested = (depth: number) => `"deep":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}`;

const good = { valid: true, issues: [] };
const notJson = { valid: false, issues: [{ path: "", code: "NOT_JSON" }] };

export const topic: VectorTopic = {
  name: "01-json",
  specClause: "§2",
  op: "manifest",
  state: {},
  notes: {
    depth: "A parser that recurses without a bound is stopped by a stack overflow.",
    duplicate: "Two readers that keep different ones of two members read two documents.",
    encoding: "Bytes that one reader repairs and another drops are two texts.",
    grammar: "A lenient parser accepts what a strict one never sees.",
    number: "Numbers beyond exact integers differ from language to language.",
    prototype: "A member named __proto__ must not reach into objects of the runtime.",
  },
  cases: caseTable("json", [
    ["001", "an unknown member with an integer", [], withMember('"n":1'), good],
    ["002", "the largest integer", ["number"], withMember('"n":9007199254740991'), good],
    ["003", "the smallest integer", ["number"], withMember('"n":-9007199254740991'), good],
    ["004", "depth 32", ["depth"], withMember(nested(32)), good],
    ["005", "a member named __proto__", ["prototype"], withMember('"__proto__":{"valid":true}'), good],
    ["006", "members named like methods of objects", ["prototype"], withMember('"constructor":1,"toString":2'), good],
    ["007", "white space of all four kinds", ["grammar"], text(` \t\r\n{${members}}\n\r\t `), good],
    ["008", "every escape", ["grammar"], withMember('"s":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDE00"'), good],
    ["009", "the same name in two objects", ["duplicate"], withMember('"a":{"x":1},"b":{"x":1}'), good],
    ["010", "names that differ in case", ["duplicate"], withMember('"a":1,"A":2'), good],
    ["101", "nothing", ["grammar"], text(""), notJson],
    ["102", "white space alone", ["grammar"], text(" \n"), notJson],
    ["103", "a byte order mark", ["encoding"], text(`\ufeff{${members}}`), notJson],
    ["104", "a raw lone surrogate", ["encoding"], withMember('"s":"\ud800"'), notJson],
    ["105", "a duplicate member", ["duplicate"], withMember('"a":1,"a":1'), notJson],
    ["106", "a duplicate of a member that matters", ["duplicate"], withMember('"app_id":"com.example.other"'), notJson],
    ["107", "a duplicate spelt with an escape", ["duplicate"], withMember('"\\u0061pp_id":"com.example.other"'), notJson],
    ["108", "a duplicate deep inside", ["duplicate"], withMember('"a":[{"b":{"c":1,"c":2}}]'), notJson],
    ["109", "two members named __proto__", ["duplicate", "prototype"], withMember('"__proto__":1,"__proto__":2'), notJson],
    ["110", "depth 33", ["depth"], withMember(nested(33)), notJson],
    ["111", "depth 10,000", ["depth"], withMember(nested(10_000)), notJson],
    ["112", "a fraction", ["number"], withMember('"n":1.5'), notJson],
    ["113", "a fraction of nothing", ["number"], withMember('"n":1.0'), notJson],
    ["114", "an exponent", ["number"], withMember('"n":1e3'), notJson],
    ["115", "an exponent in capitals", ["number"], withMember('"n":1E3'), notJson],
    ["116", "minus zero", ["number"], withMember('"n":-0'), notJson],
    ["117", "2^53", ["number"], withMember('"n":9007199254740992'), notJson],
    ["118", "-2^53", ["number"], withMember('"n":-9007199254740992'), notJson],
    ["119", "a number of a thousand digits", ["number"], withMember(`"n":${"9".repeat(1000)}`), notJson],
    ["120", "a leading zero", ["number", "grammar"], withMember('"n":01'), notJson],
    ["121", "a plus sign", ["number", "grammar"], withMember('"n":+1'), notJson],
    ["122", "a hexadecimal number", ["number", "grammar"], withMember('"n":0x10'), notJson],
    ["123", "not a number", ["number", "grammar"], withMember('"n":NaN'), notJson],
    ["124", "a trailing comma", ["grammar"], text(`{${members},}`), notJson],
    ["125", "a comment", ["grammar"], text(`{${members}/* */}`), notJson],
    ["126", "single quotes", ["grammar"], withMember("'a':1"), notJson],
    ["127", "a name without quotes", ["grammar"], withMember("a:1"), notJson],
    ["128", "text after the end", ["grammar"], text(`{${members}} {}`), notJson],
    ["129", "a raw line feed in a string", ["grammar"], withMember('"s":"a\nb"'), notJson],
    ["130", "a raw NUL in a string", ["grammar"], withMember('"s":"\u0000"'), notJson],
    ["131", "a NUL after the end", ["grammar"], text(`{${members}}\u0000`), notJson],
    ["132", "an escape that JSON does not have", ["grammar"], withMember('"s":"\\x41"'), notJson],
    ["133", "an escape of three digits", ["grammar"], withMember('"s":"\\u041"'), notJson],
    ["134", "a no-break space between members", ["grammar"], withMember('\u00a0"a":1'), notJson],
    ["135", "a form feed between members", ["grammar"], withMember('\f"a":1'), notJson],
    ["136", "cut off in the middle", ["grammar"], text(`{${members}`), notJson],
    ["137", "a captive portal's page", ["grammar"], text("<!DOCTYPE html><title>Sign in</title>"), notJson],
    ["138", "a word in capitals", ["grammar"], withMember('"b":True'), notJson],
  ]),
};
