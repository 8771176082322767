import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import baseVariant from "@jitl/quickjs-wasmfile-release-sync";
import { newQuickJSWASMModuleFromVariant, newVariant } from "quickjs-emscripten-core";

/**
 * The engine and nothing of ours: the same WebAssembly module, by the same library, one machine with the same bound in which the source
 * is evaluated, and a pipe that is held open. `bare-engine PAGES SOURCE`; writes a byte when it stands.
 */
const [pages = "0", source = ""] = process.argv.slice(2);
const wasm = new WebAssembly.Module(readFileSync(new URL("./engine-script.wasm", import.meta.url)));
const wasmMemory = new WebAssembly.Memory({ initial: 256, maximum: Number(pages) });
const machine = await newQuickJSWASMModuleFromVariant(newVariant(baseVariant, { wasmModule: wasm, wasmMemory }));
const context = machine.newRuntime().newContext();
context.unwrapResult(context.evalCode(source)).dispose();
const stream = new Socket({ fd: 3, readable: true, writable: true });
stream.on("close", () => process.exit(0));
stream.resume();
stream.write("!");
