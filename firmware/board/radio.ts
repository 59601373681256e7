// Owns Wi-Fi. The interpreter tries a few times and then leaves it; its callback may never come. So every attempt has an end here.
import type { Radio } from "../ports.ts";

const JOIN_MS_MAX = 30000;

function findWifi(): EspruinoWifi | null {
  try {
    return require("Wifi");
  } catch (_missing) {
    // An interpreter on a host has the host's network.
    return null;
  }
}

function createWired(): Radio {
  return {
    wired: true,
    join: function (_ssid, _password, done) {
      setTimeout(function () {
        done("");
      }, 0);
    },
    leave: function () {
      print("TL 0 radio wired=true");
    },
    onLost: function (_fn) {
      // A cable is not lost.
    },
    savePower: function (_mode) {
      // A cable does not sleep.
    },
    rssi: function () {
      return 0;
    },
  };
}

export function createRadio(): Radio {
  const wifi = findWifi();
  if (wifi === null) return createWired();
  let attempt = 0;
  return {
    wired: false,
    join: function (ssid, password, done) {
      attempt++;
      const mine = attempt;
      let open = true;
      const end = function (error: string): void {
        if (!open) return;
        open = false;
        clearTimeout(timer);
        done(mine === attempt ? error : "overtaken");
      };
      const timer = setTimeout(function () {
        end("timeout");
      }, JOIN_MS_MAX);
      wifi.connect(ssid, { password: password }, function (error) {
        end(error ? "" + error : "");
      });
    },
    leave: function () {
      attempt++;
      wifi.disconnect();
    },
    onLost: function (fn) {
      wifi.on("disconnected", fn);
    },
    savePower: function (mode) {
      wifi.setConfig({ powersave: mode });
    },
    rssi: function () {
      // On the ESP32 getDetails, which has it elsewhere, has none.
      const rssi = wifi.getStatus().rssi;
      return typeof rssi === "number" && rssi < 0 ? Math.floor(rssi) : 0;
    },
  };
}
