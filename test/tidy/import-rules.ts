// Owns who may import whom between the programs: the arrows that let each be read, tested and replaced without the others.
import { matches, type Program, programOf } from "./places.ts";
import type { Import, Repository, Source } from "./repository.ts";
import { type Finding, forEachSource, type Rule } from "./rule.ts";

const CONTRACT_DOOR = "firmware/protocol/index.ts";

function listImports(source: Source, isWrong: (one: Import) => boolean, what: (one: Import) => string): Finding[] {
  return source.imports
    .filter(isWrong)
    .map((one) => ({ path: source.path, line: one.line, what: `${what(one)} (${one.specifier})` }));
}

/** Findings for every import of the files of `programs` that is wrong. */
function inPrograms(programs: Program[], isWrong: (one: Import, source: Source) => boolean, what: string) {
  return forEachSource((source) =>
    programs.includes(programOf(source.path))
      ? listImports(
          source,
          (one) => isWrong(one, source),
          () => what,
        )
      : [],
  );
}

const unresolved: Rule = {
  name: "a relative import names a file that is there",
  reason: "the other rules follow files, so an arrow to nowhere would escape them",
  instead: "name the file with its .ts ending, as it stands in the repository",
  check: forEachSource((source) =>
    listImports(
      source,
      (one) => one.target === null && one.from === null,
      () => "imports a file that git does not know",
    ),
  ),
};

const contractImportsNothing: Rule = {
  name: "#protocol imports nothing",
  reason: "the contract runs on the trap, in the cloud and on the bench; whatever it drew in, all of them would carry",
  instead: "write what is missing in firmware/protocol, in the dialect of the interpreter",
  check: inPrograms(
    ["protocol"],
    (one) => one.from !== null || (one.target !== null && programOf(one.target) !== "protocol"),
    "the contract reaches outside itself",
  ),
};

const contractByName: Rule = {
  name: "the contract is imported as #protocol",
  reason: "a path into it would bind a reader to how it is laid out within",
  instead: 'import { ... } from "#protocol"',
  check: forEachSource((source) =>
    programOf(source.path) === "protocol"
      ? []
      : listImports(
          source,
          (one) => one.specifier !== "#protocol" && one.target !== null && programOf(one.target) === "protocol",
          () => "imports the contract by its path",
        ),
  ),
};

const firmwareImportsItself: Rule = {
  name: "firmware imports only itself and #protocol",
  reason: "it runs on an interpreter that has no packages and no Node",
  instead: "add a port to firmware/ports.ts and implement it in firmware/board/",
  check: inPrograms(
    ["firmware"],
    (one) => one.from !== null || (one.target !== null && !["firmware", "protocol"].includes(programOf(one.target))),
    "firmware reaches outside itself",
  ),
};

const boardBehindPorts: Rule = {
  name: "only main.ts wires the board",
  reason: "machines that know the board can be tried on a board alone",
  instead: "take the port as a type from firmware/ports.ts and let main.ts hand in the real one",
  check: inPrograms(
    ["firmware"],
    (one, source) =>
      (one.target ?? "").startsWith("firmware/board/") && !/^firmware\/(board\/|boot\/|main\.ts$)/.test(source.path),
    "a machine imports firmware/board/",
  ),
};

const portsAreTypes: Rule = {
  name: "ports are imported as types",
  reason: "firmware/ports.ts says what the firmware touches and does nothing itself",
  instead: "import type { ... }",
  check: forEachSource((source) =>
    listImports(
      source,
      (one) => one.target === "firmware/ports.ts" && !one.typeOnly,
      () => "imports ports.ts as if it held code",
    ),
  ),
};

/** What signing takes of the build: the record beside the built files. */
const BUILD_RECORD = "firmware/bundle/manifest.ts";

const bundleIsAHostProgram: Rule = {
  name: "firmware/bundle is imported by bin and tests alone",
  reason:
    "it is the program that builds the firmware: it holds a compiler, and nothing that runs on a trap or in the cloud may need one",
  instead: "let bin/ build the bundle and hand over the bytes",
  check: forEachSource((source) =>
    ["bundle", "release", "image", "bin", "test"].includes(programOf(source.path))
      ? []
      : listImports(
          source,
          (one) => one.target !== null && programOf(one.target) === "bundle",
          () => "imports the program that builds the firmware",
        ),
  ),
};

const bundleStandsAlone: Rule = {
  name: "firmware/bundle imports Node, npm and itself",
  reason: "it decides what may run on a trap, and must be able to do so without a cloud or a simulator",
  instead: "take paths and options as arguments",
  check: inPrograms(
    ["bundle"],
    (one) => one.target !== null && !["bundle", "protocol"].includes(programOf(one.target)),
    "the build reaches into another program",
  ),
};

const releaseIsAHostProgram: Rule = {
  name: "firmware/release is imported by bin and tests alone",
  reason: "it holds private keys in its hands, which no trap and no cloud may ever do",
  instead: "verify: on a trap with firmware/signature, elsewhere with the library",
  check: forEachSource((source) =>
    ["release", "image", "bin", "test"].includes(programOf(source.path))
      ? []
      : listImports(
          source,
          (one) => one.target !== null && programOf(one.target) === "release",
          () => "imports the program that signs",
        ),
  ),
};

const releaseStandsAlone: Rule = {
  name: "firmware/release imports Node, npm, #protocol, the trap's verifier and what the build wrote down",
  reason: "it runs on a machine off the network, and signs bytes, whatever made them",
  instead: "take paths and options as arguments",
  check: inPrograms(
    ["release"],
    (one) =>
      one.target !== null &&
      !["release", "protocol"].includes(programOf(one.target)) &&
      one.target !== BUILD_RECORD &&
      !one.target.startsWith("firmware/signature/"),
    "signing reaches into another program",
  ),
};

const imageIsAHostProgram: Rule = {
  name: "firmware/image is imported by bin and tests alone",
  reason: "it builds and signs, which no trap, no cloud and no simulator may need",
  instead: "let bin/ compose the image and hand over the bytes",
  check: forEachSource((source) =>
    ["image", "bin", "test"].includes(programOf(source.path))
      ? []
      : listImports(
          source,
          (one) => one.target !== null && programOf(one.target) === "image",
          () => "imports the program that composes images",
        ),
  ),
};

const imageStandsOnTheOthers: Rule = {
  name: "firmware/image imports Node, #protocol, the build, the signing and the layout of the slots",
  reason: "it puts together what others made, and decides nothing of it",
  instead: "take paths and options as arguments",
  check: inPrograms(
    ["image"],
    (one) =>
      one.target !== null &&
      !["image", "bundle", "release", "protocol"].includes(programOf(one.target)) &&
      !one.target.startsWith("firmware/slots/"),
    "the image reaches into another program",
  ),
};

const SIMULATOR_MAY = [CONTRACT_DOOR, "firmware/device.ts", "firmware/ports.ts"];

/** What the proof of power cuts boots again and again, thousands of times a minute: the firmware as a library. */
const PROOF_MAY = /^firmware\/(boot\/loader|store\/(record-store|settings)|slots\/(slot-layout|slot-record))\.ts$/;

function isProofs(one: Import, source: Source): boolean {
  return source.path.startsWith("simulator/powercut/") && PROOF_MAY.test(one.target ?? "");
}

const simulatorImports: Rule = {
  name: "simulator imports #protocol, firmware/device.ts and firmware/ports.ts",
  reason: "a double that shares code with what it doubles, or with what it is tested against, proves nothing",
  instead: "speak to the cloud over its doors, and run the built bundle as bytes",
  check: inPrograms(
    ["simulator"],
    (one, source) =>
      one.target !== null &&
      programOf(one.target) !== "simulator" &&
      !SIMULATOR_MAY.includes(one.target) &&
      !isProofs(one, source),
    "the simulator reaches into another program",
  ),
};

const cloudImports: Rule = {
  name: "cloud imports #protocol and itself",
  reason: "the cloud knows traps by what they say on the wire, never by their code, and knows no simulator",
  instead: "put what both must agree on into #protocol",
  check: inPrograms(
    ["cloud"],
    (one) => one.target !== null && one.target !== CONTRACT_DOOR && programOf(one.target) !== "cloud",
    "the cloud reaches into another program",
  ),
};

const hilImports: Rule = {
  name: "hil imports #protocol and itself",
  reason:
    "the bench drives the cloud by HTTP and MQTT and boards by serial and power, so that the same suites run on virtual and real ones",
  instead: "start the other program as a process and speak to its door",
  check: inPrograms(
    ["hil"],
    (one) => one.target !== null && one.target !== CONTRACT_DOOR && programOf(one.target) !== "hil",
    "the bench reaches into another program",
  ),
};

/** What the command line may take from each program: its composition, its configuration, the floor it stands on. */
const BIN_MAY = [
  "bin/**",
  CONTRACT_DOOR,
  "cloud/*.ts",
  "cloud/db/**",
  "simulator/*.ts",
  "hil/*.ts",
  "firmware/bundle/*.ts",
  "firmware/release/*.ts",
  "firmware/image/*.ts",
];

const binWires: Rule = {
  name: "bin holds wiring only",
  reason: "logic in the command line runs in no deployment but this machine's",
  instead: "import the program's compose.ts, and move the logic into the program",
  check: inPrograms(
    ["bin"],
    (one) => one.target !== null && !BIN_MAY.some((pattern) => matches(one.target ?? "", pattern)),
    "the command line reaches into a room",
  ),
};

const nobodyImportsBin: Rule = {
  name: "nothing but tests imports bin",
  reason: "the command line starts the programs; a program that needs it cannot be started otherwise",
  instead: "move what is needed into the program",
  check: forEachSource((source) =>
    ["bin", "test"].includes(programOf(source.path))
      ? []
      : listImports(
          source,
          (one) => one.target !== null && programOf(one.target) === "bin",
          () => "imports the command line",
        ),
  ),
};

const nobodyImportsTests: Rule = {
  name: "nothing imports test/",
  reason: "what a program needs is code of the program, shipped and tested as such; doubles are shipped code too",
  instead: "move it into the program that needs it",
  check: forEachSource((source) => {
    const fromTest = programOf(source.path) === "test";
    return listImports(
      source,
      (one) => one.target !== null && (fromTest ? one.target.endsWith(".test.ts") : programOf(one.target) === "test"),
      () => (fromTest ? "imports a test file" : "imports what belongs to tests"),
    );
  }),
};

const declaredPackages: Rule = {
  name: "a program imports packages of package.json's dependencies alone",
  reason: "what stands in devDependencies, or nowhere, is not there when a program is installed to run",
  instead: "write it into dependencies with its exact version, and its reason into ARCHITECTURE.md",
  check: (repository) => {
    const { runtime, all } = readPackages(repository);
    return repository.sources.flatMap((source) =>
      listImports(
        source,
        (one) => {
          if (one.from === null || one.from.startsWith("node:")) return false;
          if (one.typeOnly && all.has(`@types/${one.from}`)) return false;
          return !(one.typeOnly || programOf(source.path) === "test" ? all : runtime).has(one.from);
        },
        () => "imports a package that would not be installed",
      ),
    );
  },
};

function readPackages(repository: Repository): { runtime: Set<string>; all: Set<string> } {
  const manifest = JSON.parse(repository.texts.get("package.json") ?? "{}");
  const runtime = new Set(Object.keys(manifest.dependencies ?? {}));
  return { runtime, all: new Set([...runtime, ...Object.keys(manifest.devDependencies ?? {})]) };
}

const noCycles: Rule = {
  name: "no import leads back to where it began",
  reason: "files in a cycle can only be understood, loaded and moved together",
  instead: "move what both need into a third file, or hand it in from compose.ts",
  check: (repository) => {
    const arrows = new Map(repository.sources.map((source) => [source.path, source.imports]));
    return listCycles(arrows).map((cycle) => {
      const [first = "", second] = cycle;
      const line = arrows.get(first)?.find((one) => one.target === second)?.line ?? 1;
      return { path: first, line, what: cycle.concat(first).join(" -> ") };
    });
  },
};

/** One shortest cycle through each file that is in one, each cycle once. */
function listCycles(arrows: Map<string, Import[]>): string[][] {
  const targets = (file: string) => (arrows.get(file) ?? []).flatMap((one) => one.target ?? []);
  const reported = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...arrows.keys()].sort()) {
    if (reported.has(start)) continue;
    const cycle = findWayBack(start, targets);
    if (cycle === null) continue;
    for (const file of cycle) reported.add(file);
    cycles.push(cycle);
  }
  return cycles;
}

/** The shortest way from `start` back to it, as the files in order; null if there is none. */
function findWayBack(start: string, targets: (file: string) => string[]): string[] | null {
  const seen = new Set<string>();
  let ways = [[start]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways)
      for (const target of targets(way.at(-1) ?? start)) {
        if (target === start) return way;
        if (seen.has(target)) continue;
        seen.add(target);
        longer.push([...way, target]);
      }
    ways = longer;
  }
  return null;
}

export const IMPORT_RULES: Rule[] = [
  unresolved,
  contractImportsNothing,
  contractByName,
  firmwareImportsItself,
  boardBehindPorts,
  portsAreTypes,
  bundleIsAHostProgram,
  bundleStandsAlone,
  releaseIsAHostProgram,
  releaseStandsAlone,
  imageIsAHostProgram,
  imageStandsOnTheOthers,
  simulatorImports,
  cloudImports,
  hilImports,
  binWires,
  nobodyImportsBin,
  nobodyImportsTests,
  declaredPackages,
  noCycles,
];
