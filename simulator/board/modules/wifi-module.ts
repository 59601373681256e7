// Owns require("Wifi") as Espruino's ESP32 driver offers it: joining with a callback, events, what is known of the connection, an access
// point of the board's own. Who serves on it is network.ts's; power saving is taken note of.
import { isObject, type Program, toOptionalCallback } from "../program.ts";
import { RADIO_REASONS, type RadioReason } from "../radio.ts";
import { type Callable, ProgramError, type RealmObject } from "../realm.ts";

const STATION = { ip: "192.168.4.2", netmask: "255.255.255.0", gw: "192.168.4.1" };
const NO_ADDRESS = { ip: "0.0.0.0", netmask: "0.0.0.0", gw: "0.0.0.0" };
const ACCESS_POINT = { mac: "02:00:5e:00:53:01", channel: "6" };

export function createWifiModule(program: Program): RealmObject {
  const { realm } = program;
  const wifi = realm.createObject();
  const station = new StationCalls(program, wifi);
  realm.expose(wifi, createJoining(program, station));
  realm.expose(wifi, createKnowledge(program, station));
  return realm.expose(wifi, createAccessPoint(program, station));
}

/** The callbacks that wait for the radio, and the events it makes. */
class StationCalls {
  readonly #program: Program;
  #onJoined: Callable | undefined;
  #onLeft: Callable | undefined;
  powerSave = "min_modem";

  constructor(program: Program, wifi: RealmObject) {
    this.#program = program;
    const { radio } = program.chip;
    const emit = (event: string, details: RealmObject) =>
      program.emitters.emit(wifi, event, program.realm.createObject(details));
    radio.setListener({
      associated: () => emit("associated", { ssid: radio.ssid(), ...ACCESS_POINT }),
      connected: () => {
        this.#postJoined(null);
        emit("connected", STATION);
      },
      disconnected: (reason: RadioReason) => {
        this.post(this.#onLeft);
        this.#onLeft = undefined;
        const { mac } = ACCESS_POINT;
        emit("disconnected", { ssid: radio.ssid(), mac, reason: String(RADIO_REASONS[reason]), msg: reason });
        this.#postJoined(reason);
      },
    });
  }

  join(ssid: string, password: string, callback: Callable | undefined): void {
    this.#onJoined = callback;
    this.#onLeft = undefined;
    this.#program.chip.radio.join(ssid, password);
  }

  leave(callback: Callable | undefined): void {
    this.#onLeft = callback;
    this.#program.chip.radio.leave();
    // The chip calls it for the request and, if it was connected, again for the event.
    this.post(callback);
  }

  post(callback: Callable | undefined, ...args: unknown[]): void {
    if (callback !== undefined) this.#program.loop.post(() => callback.apply(undefined, args));
  }

  #postJoined(error: string | null): void {
    const callback = this.#onJoined;
    this.#onJoined = undefined;
    this.post(callback, error);
  }
}

function createJoining({ chip, realm }: Program, station: StationCalls): Record<string, Callable> {
  return {
    connect(ssid, options, callback) {
      if (typeof ssid !== "string") throw new ProgramError("No SSID provided");
      if (options !== undefined && !isObject(options)) {
        throw new ProgramError(`Expecting options object but got ${typeof options}`);
      }
      const password = options?.password ?? "";
      if (typeof password !== "string") {
        throw new ProgramError(`Expecting options.password to be a string but got ${typeof password}`);
      }
      station.join(ssid, password, toOptionalCallback(callback));
    },
    disconnect: (callback) => station.leave(toOptionalCallback(callback)),
    scan(callback) {
      const ssid = chip.radio.visibleSsid();
      const found =
        ssid === undefined ? [] : [realm.createObject({ ssid, rssi: -57, authMode: "wpa2", ...ACCESS_POINT })];
      station.post(toOptionalCallback(callback), realm.createArray(found));
    },
    getHostByName(name, callback) {
      const address = chip.network.isOnline() ? chip.network.resolve(String(name)) : undefined;
      station.post(toOptionalCallback(callback), address);
    },
    setConfig(settings) {
      if (!isObject(settings)) throw new ProgramError(`Expecting options object but got ${typeof settings}`);
      const mode = settings.powersave;
      if (mode === undefined) return;
      if (mode !== "none" && mode !== "min" && mode !== "max") throw new ProgramError("Unknown powersave mode");
      station.powerSave = mode === "none" ? mode : `${mode}_modem`;
    },
    save: () => undefined,
    setSNTP: () => undefined,
  };
}

function createKnowledge({ chip, realm }: Program, station: StationCalls): Record<string, Callable> {
  const { radio } = chip;
  let hostname = "espressif";
  const getStation = () => (radio.state() === "online" ? "connected" : (radio.lastReason() ?? "UNKNOWN"));

  function getStatus(): RealmObject {
    const isOnline = radio.state() === "online";
    const network = { ssid: radio.ssid(), bssid: ACCESS_POINT.mac, channel: 6, rssi: radio.rssi() };
    const hasAccessPoint = radio.accessPoint() !== undefined;
    const mode = isOnline ? (hasAccessPoint ? "sta+ap" : "sta") : hasAccessPoint ? "ap" : "off";
    const known = isOnline ? { ...network, htMode: "HT20", authMode: "wpa2" } : {};
    return realm.createObject({ station: getStation(), ...known, mode, powersave: station.powerSave });
  }

  /** On the ESP32 without the signal strength: that is in getStatus. */
  function getDetails(callback: unknown): RealmObject {
    const isOnline = radio.state() === "online";
    const known = isOnline ? { ssid: radio.ssid(), password: radio.password(), authMode: "wpa2" } : {};
    const details = realm.createObject({ ...known, status: getStation() });
    station.post(toOptionalCallback(callback), details);
    return details;
  }

  function getIP(callback: unknown): RealmObject {
    const address = radio.state() === "online" ? STATION : NO_ADDRESS;
    const details = realm.createObject({ ...address, mac: chip.macAddress });
    station.post(toOptionalCallback(callback), null, details);
    return details;
  }

  return {
    getStatus,
    getDetails,
    getIP,
    getHostname: () => hostname,
    setHostname(name, callback) {
      hostname = String(name);
      station.post(toOptionalCallback(callback));
    },
  };
}

const AUTH_MODES = ["open", "wpa2", "wpa", "wpa_wpa2"];

function createAccessPoint({ chip }: Program, station: StationCalls): Record<string, Callable> {
  const { radio } = chip;
  return {
    startAP(ssid, options, callback) {
      if (typeof ssid !== "string") throw new ProgramError("No SSID");
      const { password = "", authMode = password === "" ? "open" : "wpa2" } = isObject(options) ? options : {};
      if (password !== "" && (typeof password !== "string" || password.length < 8)) {
        throw new ProgramError("Password must be string of at least 8 characters");
      }
      if (!AUTH_MODES.includes(String(authMode))) throw new ProgramError("Unknown authMode value");
      if (authMode !== "open" && password === "") throw new ProgramError("Password not set but authMode not open");
      if (authMode === "open" && password !== "") {
        throw new ProgramError("Auth mode set to open but password supplied");
      }
      radio.setAccessPoint({ ssid, password: String(password) });
      station.post(toOptionalCallback(callback), null);
    },
    stopAP(callback) {
      radio.setAccessPoint(undefined);
      station.post(toOptionalCallback(callback));
    },
  };
}
