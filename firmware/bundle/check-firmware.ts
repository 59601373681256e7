// Owns the one call that judges device sources: it makes the compiler's program once and gives it to the checks of source, types and
// calls. What it leaves: the emitted bundle (check-output.ts).
import * as path from "node:path";
import ts from "typescript";
import { createCallGraph } from "./call-graph.ts";
import { checkRecursion } from "./check-recursion.ts";
import { checkSource } from "./check-source.ts";
import { checkTypes } from "./check-types.ts";
import type { Refusal } from "./dialect.ts";

export interface CheckOptions {
  /** Absolute paths of files to judge beside, or in place of, what firmware/tsconfig.json includes. */
  files?: readonly string[];
  /** Texts in place of what stands on the disk, by absolute path. */
  overlay?: ReadonlyMap<string, string>;
  /** Deviations from firmware/tsconfig.json, for measured snippets that know no types. */
  compilerOptions?: ts.CompilerOptions;
}

export interface DeviceProgram {
  root: string;
  program: ts.Program;
  /** The device's own sources, without declarations. */
  files: readonly ts.SourceFile[];
}

/**
 * Judges every device source: firmware except firmware/bundle and firmware/release.
 * @param root the repository. @returns refusals in the order of files and lines; none means the sources are in the dialect.
 */
export function checkFirmware(root: string, options: CheckOptions = {}): Refusal[] {
  return checkDeviceProgram(createDeviceProgram(root, options));
}

/** The same, of a program that was made already. */
export function checkDeviceProgram(device: DeviceProgram): Refusal[] {
  const { root } = device;
  const checker = device.program.getTypeChecker();
  const name = (file: ts.SourceFile) => path.relative(root, file.fileName).replaceAll(path.sep, "/");
  const refusals = device.files.flatMap((file) =>
    checkSource({
      file,
      checker,
      name: name(file),
      mayHoldFractions: name(file).startsWith("firmware/board/"),
      mayEvaluate: name(file).startsWith("firmware/boot/"),
    }),
  );
  refusals.push(...checkRecursion(createCallGraph(checker, device.files), name));
  refusals.push(...withoutEchoes(checkTypes(device.program, name), refusals));
  return refusals.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

/** An error of types on a line the dialect has refused already is its echo. */
function withoutEchoes(found: Refusal[], known: readonly Refusal[]): Refusal[] {
  const taken = new Set(
    [...known, ...found.filter((one) => one.id !== "type-error")].map((one) => `${one.file}:${one.line}`),
  );
  return found.filter((one) => one.id !== "type-error" || !taken.has(`${one.file}:${one.line}`));
}

/** The compiler's view of the device sources, under firmware/tsconfig.json. */
export function createDeviceProgram(root: string, options: CheckOptions = {}): DeviceProgram {
  const configPath = path.join(root, "firmware", "tsconfig.json");
  const { config, error } = ts.readConfigFile(configPath, ts.sys.readFile);
  if (error !== undefined) throw new Error(`${configPath}: ${ts.flattenDiagnosticMessageText(error.messageText, " ")}`);
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(configPath));
  const compilerOptions = { ...parsed.options, ...options.compilerOptions };
  const host = ts.createCompilerHost(compilerOptions, true);
  const overlay = options.overlay ?? new Map<string, string>();
  const { readFile, fileExists } = host;
  host.readFile = (file) => overlay.get(file) ?? readFile.call(host, file);
  host.fileExists = (file) => overlay.has(file) || fileExists.call(host, file);
  const declarations = parsed.fileNames.filter((file) => file.endsWith(".d.ts"));
  const rootNames = options.files === undefined ? parsed.fileNames : [...declarations, ...options.files];
  const program = ts.createProgram({ rootNames, options: compilerOptions, host });
  return { root, program, files: program.getSourceFiles().filter((file) => !file.isDeclarationFile) };
}
