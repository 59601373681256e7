// Owns the trap's own Wi-Fi over the interpreter's modules: an access point, datagrams on port 53, connections on port 80. What is
// answered there is firmware/portal's. Everything here exists only while the portal is open.
import type { Bytes } from "#protocol";
import type { PortalDoor, PortalHandlers } from "../ports.ts";

const NAMES_PORT = 53;
const PAGE_PORT = 80;
/** The one that has waited longest makes room for the next. */
const CONNECTIONS_MAX = 4;
/** Should the driver never say that its network stands, or what it has found. */
const PATIENCE_MS = 10000;
/** A list of forty networks takes 800 variables while it is made. */
const SCAN_FREE_MIN = 1500;
const NAMES_MAX = 8;

interface Connection {
  number: number;
  socket: EspruinoSocket;
}

export function openPortal(ssid: string, password: string, handlers: PortalHandlers): PortalDoor {
  const wifi = require("Wifi");
  const connections: Connection[] = [];
  let server: EspruinoServer | null = null;
  let datagrams: EspruinoDatagrams | null = null;
  let isOpen = true;
  let hasStarted = false;
  let hasListened = false;
  let count = 0;

  function drop(number: number, isTold: boolean): void {
    const at = connections.findIndex((one) => one.number === number);
    if (at < 0) return;
    const connection = connections[at] as Connection;
    connections.splice(at, 1);
    connection.socket.end();
    if (isTold) handlers.left(number);
  }

  function accept(socket: EspruinoSocket): void {
    count++;
    const number = count;
    const has = (one: Connection): boolean => one.number === number;
    connections.push({ number: number, socket: socket });
    if (connections.length > CONNECTIONS_MAX) drop((connections[0] as Connection).number, true);
    socket.on("data", function (data) {
      if (!isOpen || !connections.some(has)) return;
      const answer = handlers.answerPhone(number, data);
      if (answer === "") return;
      socket.write(answer);
      drop(number, false);
    });
    socket.on("close", function () {
      if (isOpen) drop(number, true);
    });
    socket.on("error", function () {
      if (isOpen) drop(number, true);
    });
  }

  function listen(error: string, names: Bytes[]): void {
    if (!isOpen || hasListened) return;
    hasListened = true;
    if (error === "") {
      server = require("net").createServer(accept);
      server.listen(PAGE_PORT);
      datagrams = require("dgram").createSocket("udp4");
      datagrams.bind(NAMES_PORT, function (bound) {
        bound.on("message", function (query, from) {
          const answer = isOpen ? handlers.answerName(query) : "";
          if (answer !== "") bound.send(answer, from.port, from.address);
        });
      });
    }
    handlers.opened(error, names);
  }

  function start(names: Bytes[]): void {
    if (!isOpen || hasStarted) return;
    hasStarted = true;
    setTimeout(function () {
      listen("", names);
    }, PATIENCE_MS);
    try {
      wifi.startAP(ssid, { password: password, authMode: "wpa2" }, function (error) {
        listen(error ? "" + error : "", names);
      });
    } catch (_refused) {
      listen("refused", names);
    }
  }

  function look(): void {
    setTimeout(function () {
      start([]);
    }, PATIENCE_MS);
    wifi.scan(function (found) {
      const names: Bytes[] = [];
      for (const one of found ?? []) {
        if (names.length < NAMES_MAX && one.ssid && names.indexOf(one.ssid) < 0) names.push(one.ssid);
      }
      start(names);
    });
  }

  setTimeout(function () {
    if (process.memory().free >= SCAN_FREE_MIN) look();
    else start([]);
  }, 0);
  return {
    close: function () {
      isOpen = false;
      for (const connection of connections) connection.socket.end();
      if (server) server.close();
      if (datagrams) datagrams.close();
      wifi.stopAP();
    },
  };
}
