// Owns what a bench is once its file was read and found right: which boards there are and where everything about them is. It leaves reading
// YAML to bench-file.ts and the verbs to drivers/.

/** Where a serial port is: a path, a USB adapter by its serial number or its place, or an address on the network. */
export type PortResource =
  | { kind: "path"; path: string }
  | { kind: "usb"; serialNumber: string }
  | { kind: "usb-location"; location: string }
  | { kind: "tcp"; host: string; port: number }
  | { kind: "rfc2217"; host: string; port: number };

export interface HttpRequestResource {
  url: string;
  method: "GET" | "POST" | "PUT";
  /** Sent as JSON when it is given. */
  body?: unknown;
}

/** How something is given and taken power. `lines`: EN by RTS, which resets the chip and cuts nothing else. */
export type SwitchResource =
  | { kind: "lines" }
  | { kind: "relay"; port: PortResource; channel: number }
  | { kind: "usb-hub"; location: string; port: number }
  | { kind: "mqtt"; url: string; topic: string; on: string; off: string; username?: string; passwordEnv?: string }
  | { kind: "http"; on: HttpRequestResource; off: HttpRequestResource }
  | { kind: "command"; on: string[]; off: string[]; timeoutMs: number };

/** Pins of the fixture, by what they are wired to on the trap. */
export interface FixtureResource {
  port: PortResource;
  pins: { button: string; plunger: string; led?: string; buzzer?: string };
}

export interface WifiResource {
  ssid: string;
  /** Masked wherever it could be shown. */
  password: string;
  /** Takes the access point away and gives it back. */
  power?: SwitchResource;
}

export interface BoardResource {
  /** Unique on the bench; kebab-case. */
  name: string;
  /** Identity of the chip, lower-case with colons: checked before every write. */
  mac: string;
  hardware: string;
  /** As the contract's TRAP_KINDS. */
  trapKind: string;
  labels: Record<string, string>;
  port: PortResource;
  power?: SwitchResource;
  fixture?: FixtureResource;
  wifi?: WifiResource;
  /** Only a virtual board has one: its time may be made to run faster. Address of its controls. */
  clock?: { url: string };
}

/** `local`: started by the bench and ended with it. `remote`: one that is there, with an account of its own for the bench. */
export type CloudResource =
  | { kind: "local"; host: string }
  | { kind: "remote"; url: string; factoryTokenEnv: string; emailEnv: string; passwordEnv: string };

export interface FirmwareResource {
  /** Files of the interpreter with where they go; undefined for boards that come with it. */
  interpreter?: { files: { path: string; address: number; sha256: string }[] };
  /** The firmware under test is broken on purpose in this way, so that the bench can show what it notices. */
  fault?: string;
}

export interface Bench {
  name: string;
  /** Of the file, for messages; undefined for the virtual bench. */
  path?: string;
  boards: BoardResource[];
  /** How many boards the bench shall start for itself, as processes. */
  virtualBoards: number;
  cloud: CloudResource;
  firmware: FirmwareResource;
}
