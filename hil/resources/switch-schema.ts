// Owns how a bench file writes where a serial port is and how something is switched; bench-schema.ts puts them where they belong.
import { type Static, Type } from "typebox";

const NETWORK_PORT = String.raw`(tcp|rfc2217)://(\[[0-9A-Fa-f:.]+\]|[^\s:/]+):[0-9]{1,5}`;

export const Port = Type.Union(
  [
    Type.String({ pattern: `^(/.+|COM[0-9]+|usb:.+|usb-location:[0-9]+-[0-9.]+|${NETWORK_PORT})$` }),
    Type.Object(
      {
        usb: Type.Optional(
          Type.String({
            minLength: 1,
            description: "serial number of the USB adapter, in quotes, as `hil list` shows it",
            examples: ["0001"],
          }),
        ),
        usbLocation: Type.Optional(
          Type.String({
            pattern: String.raw`^[0-9]+-[0-9]+(\.[0-9]+)*$`,
            description: "place of the USB adapter: bus, then the sockets on the way to it, as `hil list` shows it",
            examples: ["1-1.2"],
          }),
        ),
      },
      { additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ),
  ],
  {
    description:
      "where the serial port is: a path, tcp://host:port, rfc2217://host:port, {usb: SERIAL NUMBER} or {usbLocation: PLACE}",
    examples: ["/dev/ttyUSB0", "rfc2217://bench.example:4000", { usb: "0001" }, { usbLocation: "1-1.2" }],
  },
);

export const EnvironmentName = (description: string, example: string) =>
  Type.String({
    pattern: "^[A-Z_][A-Z0-9_]*$",
    description: `name of the environment variable with ${description}`,
    examples: [example],
  });

export const Url = (schemes: string, description: string, example: string) =>
  Type.String({ pattern: String.raw`^(${schemes})://[^\s/]+\S*$`, description, examples: [example] });

const Relay = Type.Object(
  {
    port: Port,
    channel: Type.Integer({
      minimum: 1,
      maximum: 8,
      description: "which relay of the board, the first is 1",
      examples: [1],
    }),
  },
  {
    additionalProperties: false,
    description: "a USB relay board that takes A0 01 01 A2 (sold as LCUS-1, -2, -4, -8)",
    examples: [{ port: "/dev/ttyUSB3", channel: 1 }],
  },
);

const UsbHub = Type.Object(
  {
    location: Type.String({
      pattern: String.raw`^[0-9]+(-[0-9]+(\.[0-9]+)*)?$`,
      description: "the hub, as uhubctl lists it",
      examples: ["1-1"],
    }),
    port: Type.Integer({ minimum: 1, maximum: 32, description: "socket of the hub the board hangs on", examples: [2] }),
  },
  {
    additionalProperties: false,
    description: "a USB hub that can switch its sockets, through the program uhubctl",
    examples: [{ location: "1-1", port: 2 }],
  },
);

const Mqtt = Type.Object(
  {
    url: Url("mqtts?", "the broker of the plug", "mqtt://10.0.0.2:1883"),
    topic: Type.String({
      pattern: "^[^+#\\s]+$",
      description: "topic that is heard by the plug, without + and #",
      examples: ["cmnd/plug-1/POWER"],
    }),
    on: Type.Optional(Type.String({ description: "what is said to switch on; ON unless told", examples: ["ON"] })),
    off: Type.Optional(Type.String({ description: "what is said to switch off; OFF unless told", examples: ["OFF"] })),
    username: Type.Optional(
      Type.String({ minLength: 1, description: "name to enter the broker by", examples: ["bench"] }),
    ),
    passwordEnv: Type.Optional(EnvironmentName("the broker's password", "BENCH_MQTT_PASSWORD")),
  },
  {
    additionalProperties: false,
    description: "a plug that hears MQTT",
    examples: [{ url: "mqtt://10.0.0.2:1883", topic: "cmnd/plug-1/POWER" }],
  },
);

const HttpRequest = (what: string, example: string) =>
  Type.Union(
    [
      Type.String({ pattern: String.raw`^https?://[^\s/]+\S*$` }),
      Type.Object(
        {
          url: Url("https?", "address of the request", example),
          method: Type.Optional(
            Type.Enum(["GET", "POST", "PUT"], { description: "GET unless told", examples: ["POST"] }),
          ),
          body: Type.Optional(Type.Unknown({ description: "sent as JSON", examples: [{ on: true }] })),
        },
        { additionalProperties: false },
      ),
    ],
    {
      description: `${what}: an address, or {url, method, body}`,
      examples: [example, { url: example, method: "POST" }],
    },
  );

const Http = Type.Object(
  {
    on: HttpRequest("the request that switches on", "http://10.0.0.3/cm?cmnd=Power%20On"),
    off: HttpRequest("the request that switches off", "http://10.0.0.3/cm?cmnd=Power%20Off"),
  },
  {
    additionalProperties: false,
    description: "a plug that is asked by HTTP (Tasmota, Shelly)",
    examples: [{ on: "http://10.0.0.3/relay/0?turn=on", off: "http://10.0.0.3/relay/0?turn=off" }],
  },
);

const Argv = (what: string, example: string[]) =>
  Type.Array(Type.String(), {
    minItems: 1,
    description: `${what}: the program and its arguments, one by one; no shell reads them`,
    examples: [example],
  });

const Command = Type.Object(
  {
    on: Argv("what switches on", ["./plug", "1", "on"]),
    off: Argv("what switches off", ["./plug", "1", "off"]),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 120_000,
        description: "patience with it in milliseconds; 10000 unless told",
        examples: [10_000],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "any program of yours that switches",
    examples: [{ on: ["./plug", "1", "on"], off: ["./plug", "1", "off"] }],
  },
);

export const Power = Type.Union(
  [
    Type.Enum(["none", "lines"]),
    Type.Object(
      {
        relay: Type.Optional(Relay),
        usbHub: Type.Optional(UsbHub),
        mqtt: Type.Optional(Mqtt),
        http: Type.Optional(Http),
        command: Type.Optional(Command),
      },
      { additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ),
  ],
  {
    description:
      "how its power is switched: none, lines (EN by RTS: a reset, no cut), or one of {relay}, {usbHub}, {mqtt}, {http}, {command}",
    examples: ["lines", { relay: { port: "/dev/ttyUSB3", channel: 1 } }, { usbHub: { location: "1-1", port: 2 } }],
  },
);

export type BenchFilePort = Static<typeof Port>;
export type BenchFilePower = Static<typeof Power>;
export type BenchFileRequest = Static<ReturnType<typeof HttpRequest>>;
