// Owns the one call that judges device sources: it makes the compiler's program once and gives it to the checks of source, types and
// calls. What it leaves: the emitted bundle (check-output.ts).
import * as path from "node:path";
import * as ts from "typescript";
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

/**
 * Judges every device source: firmware except firmware/bundle.
 * @param root the repository. @returns refusals in the order of files and lines; none means the sources are in the dialect.
 */
export function checkFirmware(root: string, options: CheckOptions = {}): Refusal[] {
  const program = createDeviceProgram(root, options);
  const checker = program.getTypeChecker();
  const name = (file: ts.SourceFile) => path.relative(root, file.fileName).replaceAll(path.sep, "/");
  const ours = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  const refusals = ours.flatMap((file) =>
    checkSource({
      file,
      checker,
      name: name(file),
      mayHoldFractions: name(file).startsWith("firmware/board/"),
      mayEvaluate: name(file).startsWith("firmware/boot/"),
    }),
  );
  refusals.push(...checkRecursion(checker, ours, name));
  refusals.push(...withoutEchoes(checkTypes(program, name), refusals));
  return refusals.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

/** An error of types on a line the dialect has refused already is its echo. */
function withoutEchoes(found: Refusal[], known: readonly Refusal[]): Refusal[] {
  const taken = new Set(
    [...known, ...found.filter((one) => one.id !== "type-error")].map((one) => `${one.file}:${one.line}`),
  );
  return found.filter((one) => one.id !== "type-error" || !taken.has(`${one.file}:${one.line}`));
}

function createDeviceProgram(root: string, options: CheckOptions): ts.Program {
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
  return ts.createProgram({ rootNames, options: compilerOptions, host });
}
