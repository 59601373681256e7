// Owns require("Wifi") as Espruino's ESP32 driver offers it: joining with a callback, events, what is known of the connection. An own
// access point is told as started and serves nobody.
import { isObject, type Program, toOptionalCallback } from "../program.ts";
import { RADIO_REASONS, type RadioReason } from "../radio.ts";
import { type Callable, ProgramError, type RealmObject } from "../realm.ts";

const STATION = { ip: "192.168.4.2", netmask: "255.255.255.0", gw: "192.168.4.1" };
const NO_ADDRESS = { ip: "0.0.0.0", netmask: "0.0.0.0", gw: "0.0.0.0" };
const ACCESS_POINT = { mac: "02:00:5e:00:53:01", channel: "6" };

export function createWifiModule(program: Program): RealmObject {
  const { chip, emitters, realm } = program;
  const wifi = realm.createObject();
  let onJoined: Callable | undefined;
  let onLeft: Callable | undefined;
  let hasAccessPoint = false;
  let hostname = "espressif";

  const post = (callback: Callable | undefined, ...args: unknown[]) => {
    if (callback !== undefined) program.loop.post(() => callback.apply(undefined, args));
  };
  const postJoined = (error: string | null) => {
    const callback = onJoined;
    onJoined = undefined;
    post(callback, error);
  };

  chip.radio.setListener({
    associated: () =>
      emitters.emit(wifi, "associated", realm.createObject({ ssid: chip.radio.ssid(), ...ACCESS_POINT })),
    connected() {
      postJoined(null);
      emitters.emit(wifi, "connected", realm.createObject(STATION));
    },
    disconnected(reason: RadioReason) {
      post(onLeft);
      onLeft = undefined;
      const details = {
        ssid: chip.radio.ssid(),
        mac: ACCESS_POINT.mac,
        reason: String(RADIO_REASONS[reason]),
        msg: reason,
      };
      emitters.emit(wifi, "disconnected", realm.createObject(details));
      postJoined(reason);
    },
  });

  function connect(ssid: unknown, options: unknown, callback: unknown): void {
    if (typeof ssid !== "string") throw new ProgramError("No SSID provided");
    if (options !== undefined && !isObject(options)) {
      throw new ProgramError(`Expecting options object but got ${typeof options}`);
    }
    const password = options?.password ?? "";
    if (typeof password !== "string") {
      throw new ProgramError(`Expecting options.password to be a string but got ${typeof password}`);
    }
    onJoined = toOptionalCallback(callback);
    onLeft = undefined;
    chip.radio.join(ssid, password);
  }

  function getStatus(): RealmObject {
    const online = chip.radio.state() === "online";
    const station = online ? "connected" : (chip.radio.lastReason() ?? "UNKNOWN");
    const details = { ssid: chip.radio.ssid(), bssid: ACCESS_POINT.mac, channel: 6, rssi: chip.radio.rssi() };
    const known = online ? { ...details, htMode: "HT20", authMode: "wpa2" } : {};
    const mode = online ? (hasAccessPoint ? "sta+ap" : "sta") : hasAccessPoint ? "ap" : "off";
    return realm.createObject({ station, ...known, mode, powersave: "none" });
  }

  function getDetails(): RealmObject {
    if (chip.radio.state() !== "online") return realm.createObject({ status: chip.radio.lastReason() ?? "UNKNOWN" });
    const { radio } = chip;
    return realm.createObject({
      ssid: radio.ssid(),
      password: radio.password(),
      status: "connected",
      authMode: "wpa2",
    });
  }

  return realm.expose(wifi, {
    connect,
    disconnect(callback) {
      const fn = toOptionalCallback(callback);
      onLeft = fn;
      chip.radio.leave();
      // The chip calls it for the request and, if it was connected, again for the event.
      post(fn);
    },
    getStatus,
    getDetails(callback) {
      const details = getDetails();
      post(toOptionalCallback(callback), details);
      return details;
    },
    getIP(callback) {
      const address = chip.radio.state() === "online" ? STATION : NO_ADDRESS;
      const details = realm.createObject({ ...address, mac: chip.macAddress });
      post(toOptionalCallback(callback), null, details);
      return details;
    },
    getHostname: () => hostname,
    setHostname(name, callback) {
      hostname = String(name);
      post(toOptionalCallback(callback));
    },
    getHostByName(name, callback) {
      const address = chip.network.isOnline() ? chip.network.resolve(String(name)) : undefined;
      post(toOptionalCallback(callback), address);
    },
    scan(callback) {
      const found = { rssi: -57, authMode: "wpa2", ssid: chip.radio.visibleSsid(), ...ACCESS_POINT };
      const list = found.ssid === undefined ? [] : [realm.createObject(found)];
      post(toOptionalCallback(callback), realm.createArray(list));
    },
    startAP(ssid, _options, callback) {
      if (typeof ssid !== "string") throw new ProgramError("No SSID");
      hasAccessPoint = true;
      post(toOptionalCallback(callback), null);
    },
    stopAP(callback) {
      hasAccessPoint = false;
      post(toOptionalCallback(callback));
    },
    setConfig: () => undefined,
    save: () => undefined,
    setSNTP: () => undefined,
  });
}
