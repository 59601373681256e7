// Owns the shape of a bench file as people write it, with what each field means and an example of it: editors read it as JSON schema
// (benches/bench.schema.json), bench-file.ts checks files by it and takes its messages from it.
import { type Static, Type } from "typebox";
import { TRAP_KINDS } from "#protocol";
import { EnvironmentName, Port, Power, Url } from "./switch-schema.ts";

/** Pins of a classic ESP32 that a wire may be put on: not the flash's (D6 to D11) and not the console's (D1, D3). */
const OUTPUT_PIN = "^D(0|2|4|5|1[2-9]|2[1-3]|2[5-7]|3[2-3])$";
const INPUT_PIN = "^D(0|2|4|5|1[2-9]|2[1-3]|2[5-7]|3[2-69])$";
const Pin = (what: string, example: string, pattern: string) =>
  Type.String({
    pattern,
    description: `pin of the fixture that ${what}: D and its number, not D1 and D3 (console), not D6 to D11 (flash)${pattern === OUTPUT_PIN ? ", not D34 to D39 (inputs)" : ""}`,
    examples: [example],
  });

const Fixture = Type.Object(
  {
    port: Port,
    pins: Type.Optional(
      Type.Object(
        {
          button: Pin("closes the trap's button (GPIO0) to ground", "D18", OUTPUT_PIN),
          plunger: Pin("closes the trap's plunger switch (GPIO27) to ground", "D19", OUTPUT_PIN),
          led: Type.Optional(Pin("sees the trap's LED (GPIO2)", "D21", INPUT_PIN)),
          buzzer: Type.Optional(Pin("hears the trap's buzzer (GPIO4)", "D22", INPUT_PIN)),
        },
        {
          additionalProperties: false,
          description: "wires from the fixture to the trap; D18, D19, D21, D22 unless told",
          examples: [{ button: "D18", plunger: "D19", led: "D21", buzzer: "D22" }],
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "another Espruino board whose pins press the button and spring the trap",
    examples: [{ port: "/dev/ttyUSB1", pins: { button: "D18", plunger: "D19", led: "D21", buzzer: "D22" } }],
  },
);

const Wifi = Type.Object(
  {
    ssid: Type.String({ minLength: 1, maxLength: 32, description: "name of the network", examples: ["bench"] }),
    passwordEnv: Type.Optional(EnvironmentName("its password; an open network has none", "BENCH_WIFI_PASSWORD")),
    power: Type.Optional(Power),
  },
  {
    additionalProperties: false,
    description: "the network the boards join (2.4 GHz); with `power` the access point can be taken away",
    examples: [{ ssid: "bench", passwordEnv: "BENCH_WIFI_PASSWORD" }],
  },
);

const Board = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
      maxLength: 40,
      description: "how the board is called here: small letters, digits and hyphens, beginning with a letter",
      examples: ["anna"],
    }),
    mac: Type.String({
      pattern: "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
      description: "the chip's MAC, six pairs of hex digits joined by colons; it is compared before every write",
      examples: ["24:0a:c4:5e:1b:01"],
    }),
    hardware: Type.Optional(Type.Enum(["esp32"], { description: "the chip; esp32 unless told", examples: ["esp32"] })),
    trapKind: Type.Optional(
      Type.Enum([...TRAP_KINDS], {
        description: "what kind of trap it plays; live-catch unless told",
        examples: ["live-catch"],
      }),
    ),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "names and values to choose boards by, all of them texts",
        examples: [{ desk: "window", revision: "b" }],
      }),
    ),
    port: Port,
    power: Type.Optional(Power),
    fixture: Type.Optional(Fixture),
    wifi: Type.Optional(Wifi),
    clock: Type.Optional(
      Type.Object(
        { url: Url("http", "controls of the virtual board", "http://127.0.0.1:4100") },
        {
          additionalProperties: false,
          description: "of a virtual board alone: where its time can be made to run faster",
          examples: [{ url: "http://127.0.0.1:4100" }],
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "one trap board",
    examples: [{ name: "anna", mac: "24:0a:c4:5e:1b:01", port: "/dev/ttyUSB0" }],
  },
);

const RemoteCloud = Type.Object(
  {
    url: Url("https?", "its address", "https://trapline.example"),
    factoryTokenEnv: EnvironmentName("the token that registers boards", "BENCH_FACTORY_TOKEN"),
    emailEnv: EnvironmentName("the address of the bench's account", "BENCH_EMAIL"),
    passwordEnv: EnvironmentName("the password of that account", "BENCH_PASSWORD"),
  },
  {
    additionalProperties: false,
    description: "a cloud that is there already, with an account of its own for the bench",
    examples: [
      {
        url: "https://trapline.example",
        factoryTokenEnv: "BENCH_FACTORY_TOKEN",
        emailEnv: "BENCH_EMAIL",
        passwordEnv: "BENCH_PASSWORD",
      },
    ],
  },
);

const LocalCloud = Type.Object(
  {
    host: Type.String({
      pattern: String.raw`^[^\s/:]+$`,
      description: "address of this machine that the boards can reach; 127.0.0.1 is reached by virtual boards alone",
      examples: ["192.168.7.20"],
    }),
  },
  {
    additionalProperties: false,
    description: "started by the bench and ended with it",
    examples: [{ host: "192.168.7.20" }],
  },
);

const Cloud = Type.Union(
  [
    Type.Enum(["local"]),
    Type.Object(
      { local: Type.Optional(LocalCloud), remote: Type.Optional(RemoteCloud) },
      { additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ),
  ],
  {
    description: "the cloud side: local, {local: {host}} or {remote: {url, ...}}; local unless told",
    examples: ["local", { local: { host: "192.168.7.20" } }],
  },
);

const ImageFile = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      description: "the file, seen from the folder of the bench file",
      examples: ["images/bootloader.bin"],
    }),
    address: Type.Integer({
      minimum: 0,
      maximum: 0xfff000,
      multipleOf: 0x1000,
      description: "where it goes in the flash, at the beginning of a page of 0x1000",
      examples: [0x1000],
    }),
    sha256: Type.String({
      pattern: "^[0-9a-f]{64}$",
      description: "its SHA-256, as sha256sum prints it",
      examples: ["0".repeat(64)],
    }),
  },
  {
    additionalProperties: false,
    description: "one file of the interpreter",
    examples: [{ path: "images/bootloader.bin", address: 0x1000, sha256: "0".repeat(64) }],
  },
);

/** As `npm run firmware -- build --fault` knows them; a test holds both lists together. */
export const FAULT_NAMES = ["drops-alerts", "forgets-credentials", "ignores-signatures", "never-confirms"];

const Firmware = Type.Object(
  {
    fault: Type.Optional(
      Type.Enum(FAULT_NAMES, {
        description: "flash a firmware that is broken on purpose in this way, to see which suite notices",
        examples: ["drops-alerts"],
      }),
    ),
    interpreter: Type.Optional(
      Type.Object(
        {
          files: Type.Array(ImageFile, {
            minItems: 1,
            description: "boot loader, partition table and interpreter",
            examples: [[{ path: "images/bootloader.bin", address: 0x1000, sha256: "0".repeat(64) }]],
          }),
        },
        {
          additionalProperties: false,
          description: "files of the interpreter; left out where the boards come with it",
          examples: [{ files: [{ path: "images/bootloader.bin", address: 0x1000, sha256: "0".repeat(64) }] }],
        },
      ),
    ),
  },
  { additionalProperties: false, description: "what is flashed besides our own image", examples: [{}] },
);

export const BenchFileSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
      maxLength: 40,
      description: "how the bench is called in reports: small letters, digits and hyphens",
      examples: ["corner-desk"],
    }),
    boards: Type.Optional(
      Type.Array(Board, {
        description: "the boards that may be touched; no other ever is",
        examples: [[{ name: "anna", mac: "24:0a:c4:5e:1b:01", port: "/dev/ttyUSB0" }]],
      }),
    ),
    virtualBoards: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 64,
        description: "how many virtual boards the bench starts for itself",
        examples: [2],
      }),
    ),
    wifi: Type.Optional(Wifi),
    cloud: Type.Optional(Cloud),
    firmware: Type.Optional(Firmware),
  },
  {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Trapline bench",
    additionalProperties: false,
    description: "a bench: its boards and where everything about them is",
    examples: [{ name: "corner-desk", virtualBoards: 2 }],
  },
);

/** A file that was found right, as it is written. */
export type BenchFile = Static<typeof BenchFileSchema>;
export type BenchFileWifi = Static<typeof Wifi>;
export type BenchFileBoard = Static<typeof Board>;

/** The text of benches/bench.schema.json. */
export function printBenchSchema(): string {
  return `${JSON.stringify(BenchFileSchema, null, 2)}\n`;
}
