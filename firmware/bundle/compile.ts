// Owns the way from TypeScript modules to one ES5 program: each module is lowered by itself, the modules are joined and what nothing uses
// is left out. What it leaves: judging the sources (check-firmware.ts), hoisting and shrinking (hoist.ts, shrink.ts).
import * as path from "node:path";
import { type Plugin, rollup } from "rollup";
import ts from "typescript";
import { DEVICE_HELPERS } from "./device-runtime.ts";

export interface CompileInput {
  /** The repository. */
  root: string;
  /** The first module, absolute. */
  entry: string;
  /** Takes the place of what firmware/version.ts says. */
  version?: string;
  /** Takes the place of what firmware/boot/build-kind.ts says. */
  production?: boolean;
  /** Texts in place of what stands on the disk, by absolute path. */
  overlay?: ReadonlyMap<string, string>;
  /** Modules in place of others, both by absolute path. What stands in for a module gets that module itself when it imports it. */
  replacements?: ReadonlyMap<string, string>;
}

const HELPERS_ID = "\0device-runtime";

/**
 * @returns one program whose declarations stand at its top level, in no wrapper: the interpreter keeps with every function inside another
 * one the scope it was made in, a variable and more for each. @throws Error of rollup, when a module or an export is missing.
 */
export async function compileEntry(input: CompileInput): Promise<string> {
  const bundle = await rollup({
    input: input.entry,
    plugins: [createDevicePlugin(input)],
    // Off: it drops members of objects that only a conversion to text calls. Terser drops what nothing uses.
    treeshake: false,
    // What rollup only warns of (a missing export, a cycle) would fail on the trap. Where eval may stand is the dialect's business.
    onwarn: (warning) => {
      if (warning.code !== "EVAL") throw new Error(`rollup: ${warning.message}`);
    },
  });
  try {
    const { output } = await bundle.generate({ format: "es" });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

function createDevicePlugin(input: CompileInput): Plugin {
  const firmware = path.join(input.root, "firmware");
  const kindFile = path.join(firmware, "boot", "build-kind.ts");
  const versionFile = path.join(firmware, "version.ts");
  return {
    name: "device",
    resolveId(id, importer) {
      if (id === "#protocol") return path.join(firmware, "protocol", "index.ts");
      if (id === "tslib") return HELPERS_ID;
      if (input.overlay?.has(id)) return id;
      if (importer === undefined || !id.startsWith(".")) return null;
      const wanted = path.resolve(path.dirname(importer), id);
      const instead = input.replacements?.get(wanted);
      return instead === undefined || instead === importer ? wanted : instead;
    },
    load(id) {
      if (id === HELPERS_ID) return DEVICE_HELPERS;
      if (id === versionFile && input.version !== undefined) {
        return `export const FIRMWARE_VERSION = ${JSON.stringify(input.version)};`;
      }
      if (id === kindFile && input.production === true) return "export const IS_PRODUCTION = true;";
      return input.overlay?.get(id) ?? null;
    },
    transform(code, id) {
      return id.endsWith(".ts") ? { code: lowerModule(code, id), map: null } : null;
    },
  };
}

function lowerModule(code: string, fileName: string): string {
  return ts.transpileModule(code, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES5,
      module: ts.ModuleKind.ESNext,
      importHelpers: true,
      verbatimModuleSyntax: true,
      useDefineForClassFields: false,
      removeComments: true,
    },
  }).outputText;
}
