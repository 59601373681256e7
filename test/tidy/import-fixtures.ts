// Little repositories that break or keep each rule of import-rules.ts. What matters is one line in one file; the rest stands around it.
import type { Fixture } from "./rule.ts";

const CODE = "export const one = 1;\n";

/** A file with one import, and the file it imports. */
function arrow(from: string, specifier: string, target: string, clause = "{ one }"): Record<string, string> {
  return { [from]: `import ${clause} from "${specifier}";\n`, [target]: CODE };
}

const CONTRACT = { "firmware/protocol/index.ts": CODE };

export const IMPORT_FIXTURES: Fixture[] = [
  {
    rule: "a relative import names a file that is there",
    files: {
      "cloud/main.ts": 'import { one } from "./gone.ts";\nimport { two } from "./there";\n',
      "cloud/there.ts": CODE,
    },
    findings: ["cloud/main.ts:1", "cloud/main.ts:2"],
  },
  {
    rule: "a relative import names a file that is there",
    files: arrow("cloud/main.ts", "./a.ts", "cloud/a.ts"),
    findings: [],
  },
  {
    rule: "#protocol imports nothing",
    files: {
      "firmware/protocol/a.ts":
        'import fs from "node:fs";\nimport { one } from "../device.ts";\nimport ts from "typescript";\n',
      "firmware/device.ts": CODE,
    },
    findings: ["firmware/protocol/a.ts:1", "firmware/protocol/a.ts:2", "firmware/protocol/a.ts:3"],
  },
  {
    rule: "#protocol imports nothing",
    files: arrow("firmware/protocol/index.ts", "./a.ts", "firmware/protocol/a.ts"),
    findings: [],
  },
  {
    rule: "the contract is imported as #protocol",
    files: {
      ...arrow("cloud/a.ts", "../firmware/protocol/index.ts", "firmware/protocol/index.ts", "type { one }"),
      "firmware/device.ts": 'export * from "./protocol/codes.ts";\n',
      "firmware/protocol/codes.ts": CODE,
      "test/a.ts": 'const contract = await import("../firmware/protocol/index.ts");\n',
    },
    findings: ["cloud/a.ts:1", "firmware/device.ts:1", "test/a.ts:1"],
  },
  {
    rule: "the contract is imported as #protocol",
    files: { ...CONTRACT, "cloud/a.ts": 'import { one } from "#protocol";\n' },
    findings: [],
  },
  {
    rule: "firmware imports only itself and #protocol",
    files: {
      "firmware/trap/trap.ts":
        'import fs from "node:fs";\nimport { one } from "../../cloud/a.ts";\nimport x from "tslib";\n',
      "cloud/a.ts": CODE,
      "firmware/device.ts": 'import { one } from "./bundle/build.ts";\n',
      "firmware/bundle/build.ts": CODE,
    },
    findings: ["firmware/trap/trap.ts:1", "firmware/trap/trap.ts:2", "firmware/trap/trap.ts:3", "firmware/device.ts:1"],
  },
  {
    rule: "firmware imports only itself and #protocol",
    files: {
      ...CONTRACT,
      "firmware/trap/trap.ts": 'import { one } from "#protocol";\nimport { two } from "../store/store.ts";\n',
      "firmware/store/store.ts": CODE,
      "firmware/bundle/build.ts": 'import fs from "node:fs";\n',
    },
    findings: [],
  },
  {
    rule: "only main.ts wires the board",
    files: arrow("firmware/trap/trap.ts", "../board/pins.ts", "firmware/board/pins.ts"),
    findings: ["firmware/trap/trap.ts:1"],
  },
  {
    rule: "only main.ts wires the board",
    files: {
      ...arrow("firmware/main.ts", "./board/pins.ts", "firmware/board/pins.ts"),
      "firmware/board/a.ts": 'import "./pins.ts";\n',
    },
    findings: [],
  },
  {
    rule: "ports are imported as types",
    files: arrow("firmware/trap/trap.ts", "../ports.ts", "firmware/ports.ts"),
    findings: ["firmware/trap/trap.ts:1"],
  },
  {
    rule: "ports are imported as types",
    files: {
      ...arrow("firmware/trap/trap.ts", "../ports.ts", "firmware/ports.ts", "type { one }"),
      "simulator/a.ts": 'import { type Clock } from "../firmware/ports.ts";\n',
    },
    findings: [],
  },
  {
    rule: "firmware/bundle is imported by bin and tests alone",
    files: {
      ...arrow("simulator/board/board.ts", "../../firmware/bundle/build.ts", "firmware/bundle/build.ts"),
      "cloud/a.ts": 'import type { one } from "../firmware/bundle/build.ts";\n',
    },
    findings: ["simulator/board/board.ts:1", "cloud/a.ts:1"],
  },
  {
    rule: "firmware/bundle is imported by bin and tests alone",
    files: {
      ...arrow("bin/trapline.ts", "../firmware/bundle/build.ts", "firmware/bundle/build.ts"),
      "test/simulator/a.test.ts": 'import { one } from "../../firmware/bundle/build.ts";\n',
    },
    findings: [],
  },
  {
    rule: "firmware/release is imported by bin and tests alone",
    files: {
      ...arrow("cloud/updates/updates.ts", "../../firmware/release/signing.ts", "firmware/release/signing.ts"),
      "firmware/update/update.ts": 'import type { one } from "../release/signing.ts";\n',
      "firmware/bundle/build.ts": 'import { one } from "../release/signing.ts";\n',
    },
    findings: ["cloud/updates/updates.ts:1", "firmware/update/update.ts:1", "firmware/bundle/build.ts:1"],
  },
  {
    rule: "firmware/release is imported by bin and tests alone",
    files: {
      ...arrow("bin/trapline.ts", "../firmware/release/command.ts", "firmware/release/command.ts"),
      "test/firmware/a.test.ts": 'import { one } from "../../firmware/release/command.ts";\n',
    },
    findings: [],
  },
  {
    rule: "firmware/release imports Node, npm, #protocol, the trap's verifier and what the build wrote down",
    files: {
      "firmware/release/a.ts":
        'import { one } from "../bundle/build.ts";\nimport { two } from "../update/update.ts";\nimport { three } from "../../cloud/a.ts";\n',
      "firmware/bundle/build.ts": CODE,
      "firmware/update/update.ts": CODE,
      "cloud/a.ts": CODE,
    },
    findings: ["firmware/release/a.ts:1", "firmware/release/a.ts:2", "firmware/release/a.ts:3"],
  },
  {
    rule: "firmware/release imports Node, npm, #protocol, the trap's verifier and what the build wrote down",
    files: {
      ...CONTRACT,
      "firmware/release/a.ts":
        'import fs from "node:fs";\nimport { one } from "#protocol";\nimport { two } from "../signature/a.ts";\nimport { three } from "../bundle/manifest.ts";\n',
      "firmware/signature/a.ts": CODE,
      "firmware/bundle/manifest.ts": CODE,
    },
    findings: [],
  },
  {
    rule: "firmware/image is imported by bin and tests alone",
    files: {
      ...arrow("simulator/trap-image.ts", "../firmware/image/compose-storage.ts", "firmware/image/compose-storage.ts"),
      "firmware/boot/loader.ts": 'import { one } from "../image/compose-storage.ts";\n',
    },
    findings: ["simulator/trap-image.ts:1", "firmware/boot/loader.ts:1"],
  },
  {
    rule: "firmware/image is imported by bin and tests alone",
    files: arrow("bin/up/up.ts", "../../firmware/image/ensure-image.ts", "firmware/image/ensure-image.ts"),
    findings: [],
  },
  {
    rule: "firmware/image imports Node, #protocol, the build, the signing and the layout of the slots",
    files: arrow("firmware/image/a.ts", "../device.ts", "firmware/device.ts"),
    findings: ["firmware/image/a.ts:1"],
  },
  {
    rule: "firmware/image imports Node, #protocol, the build, the signing and the layout of the slots",
    files: {
      "firmware/image/a.ts":
        'import { one } from "../bundle/build.ts";\nimport { two } from "../release/signing.ts";\nimport { three } from "../slots/slot-layout.ts";\n',
      "firmware/bundle/build.ts": CODE,
      "firmware/release/signing.ts": CODE,
      "firmware/slots/slot-layout.ts": CODE,
    },
    findings: [],
  },
  {
    rule: "firmware/bundle imports Node, npm and itself",
    files: {
      "firmware/bundle/build.ts": 'import { one } from "../device.ts";\nimport { two } from "../../simulator/a.ts";\n',
      "firmware/device.ts": CODE,
      "simulator/a.ts": CODE,
    },
    findings: ["firmware/bundle/build.ts:1", "firmware/bundle/build.ts:2"],
  },
  {
    rule: "firmware/bundle imports Node, npm and itself",
    files: {
      "firmware/bundle/build.ts":
        'import fs from "node:fs";\nimport ts from "typescript";\nimport { one } from "./dialect.ts";\n',
      "firmware/bundle/dialect.ts": CODE,
    },
    findings: [],
  },
  {
    rule: "simulator imports #protocol, firmware/device.ts and firmware/ports.ts",
    files: {
      "simulator/trap.ts":
        'import { one } from "../firmware/trap/trap.ts";\nimport { two } from "../cloud/a.ts";\nimport "../bin/b.ts";\n',
      "firmware/trap/trap.ts": CODE,
      "cloud/a.ts": CODE,
      "bin/b.ts": CODE,
    },
    findings: ["simulator/trap.ts:1", "simulator/trap.ts:2", "simulator/trap.ts:3"],
  },
  {
    rule: "simulator imports #protocol, firmware/device.ts and firmware/ports.ts",
    files: {
      ...CONTRACT,
      "simulator/trap.ts":
        'import { a } from "#protocol";\nimport { b } from "../firmware/device.ts";\nimport type { c } from "../firmware/ports.ts";\n',
      "firmware/device.ts": CODE,
      "firmware/ports.ts": CODE,
    },
    findings: [],
  },
  {
    rule: "simulator imports #protocol, firmware/device.ts and firmware/ports.ts",
    files: {
      "simulator/powercut/a.ts": 'import { one } from "../../firmware/store/record-store.ts";\n',
      "simulator/board/a.ts": 'import { one } from "../../firmware/store/record-store.ts";\n',
      "firmware/store/record-store.ts": CODE,
    },
    findings: ["simulator/board/a.ts:1"],
  },
  {
    rule: "cloud imports #protocol and itself",
    files: {
      "cloud/a.ts": 'import { one } from "../firmware/device.ts";\nimport type { two } from "../simulator/a.ts";\n',
      "cloud/b.ts": 'export { one } from "../hil/a.ts";\nimport { two } from "../bin/a.ts";\n',
      "firmware/device.ts": CODE,
      "simulator/a.ts": CODE,
      "hil/a.ts": CODE,
      "bin/a.ts": CODE,
    },
    findings: ["cloud/a.ts:1", "cloud/a.ts:2", "cloud/b.ts:1", "cloud/b.ts:2"],
  },
  {
    rule: "cloud imports #protocol and itself",
    files: {
      ...CONTRACT,
      ...arrow("cloud/a.ts", "./b.ts", "cloud/b.ts"),
      "cloud/c.ts": 'import { one } from "#protocol";\n',
    },
    findings: [],
  },
  {
    rule: "hil imports #protocol and itself",
    files: {
      "hil/a.ts": 'import { one } from "../cloud/a.ts";\nimport { two } from "../simulator/a.ts";\n',
      "cloud/a.ts": CODE,
      "simulator/a.ts": CODE,
    },
    findings: ["hil/a.ts:1", "hil/a.ts:2"],
  },
  {
    rule: "hil imports #protocol and itself",
    files: { ...CONTRACT, "hil/a.ts": 'import { one } from "#protocol";\n' },
    findings: [],
  },
  {
    rule: "bin holds wiring only",
    files: {
      "bin/trapline.ts":
        'import { one } from "../cloud/alerts/alerts.ts";\nimport { two } from "../simulator/board/board.ts";\n',
      "cloud/alerts/alerts.ts": CODE,
      "simulator/board/board.ts": CODE,
    },
    findings: ["bin/trapline.ts:1", "bin/trapline.ts:2"],
  },
  {
    rule: "bin holds wiring only",
    files: {
      "bin/trapline.ts":
        'import { a } from "../cloud/compose.ts";\nimport { b } from "../cloud/db/embedded/embedded.ts";\nimport { c } from "./up/up.ts";\n',
      "bin/up/up.ts": 'import { d } from "../../simulator/compose.ts";\n',
      "cloud/compose.ts": CODE,
      "cloud/db/embedded/embedded.ts": CODE,
      "simulator/compose.ts": CODE,
    },
    findings: [],
  },
  {
    rule: "nothing but tests imports bin",
    files: arrow("simulator/a.ts", "../bin/b.ts", "bin/b.ts"),
    findings: ["simulator/a.ts:1"],
  },
  {
    rule: "nothing but tests imports bin",
    files: arrow("test/bin/a.test.ts", "../../bin/b.ts", "bin/b.ts"),
    findings: [],
  },
  {
    rule: "nothing imports test/",
    files: {
      ...arrow("cloud/a.ts", "../test/support/clock.ts", "test/support/clock.ts", "type { one }"),
      ...arrow("test/cloud/b.ts", "./c.test.ts", "test/cloud/c.test.ts"),
    },
    findings: ["cloud/a.ts:1", "test/cloud/b.ts:1"],
  },
  {
    rule: "nothing imports test/",
    files: arrow("test/cloud/a.test.ts", "../support/b.ts", "test/support/b.ts"),
    findings: [],
  },
  {
    rule: "a program imports packages of package.json's dependencies alone",
    files: {
      "package.json": '{"dependencies":{"pg":"8.0.0"},"devDependencies":{"uvu":"1.0.0"}}\n',
      "cloud/a.ts": 'import pg from "pg";\nimport { suite } from "uvu";\nimport { x } from "left-pad/index.js";\n',
      "test/a.ts": 'import { y } from "@scope/nowhere/deep";\n',
    },
    findings: ["cloud/a.ts:2", "cloud/a.ts:3", "test/a.ts:1"],
  },
  {
    rule: "a program imports packages of package.json's dependencies alone",
    files: {
      "package.json":
        '{"dependencies":{"@scope/pg":"8.0.0"},"devDependencies":{"uvu":"1.0.0","@types/estree":"1.0.0"}}\n',
      "cloud/a.ts":
        'import pg from "@scope/pg/deep";\nimport fs from "node:fs";\nimport type { Node } from "estree";\n',
      "test/a.ts": 'import * as assert from "uvu/assert";\n',
    },
    findings: [],
  },
  {
    rule: "no import leads back to where it began",
    files: {
      "cloud/a.ts": '\nimport { b } from "./b.ts";\n',
      "cloud/b.ts": 'import { c } from "./c.ts";\n',
      "cloud/c.ts": 'import type { a } from "./a.ts";\nimport { d } from "./d.ts";\n',
      "cloud/d.ts": CODE,
    },
    findings: ["cloud/a.ts:2"],
  },
  {
    rule: "no import leads back to where it began",
    files: {
      "cloud/a.ts": 'import "./b.ts";\nimport "./c.ts";\n',
      "cloud/b.ts": 'import "./c.ts";\n',
      "cloud/c.ts": CODE,
    },
    findings: [],
  },
];
