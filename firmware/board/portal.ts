// Owns the trap's own Wi-Fi over the interpreter's modules: an access point, datagrams on port 53, connections on port 80. What is
// answered there is firmware/portal's. Everything here exists only while the portal is open.
import type { Bytes } from "#protocol";
import type { PortalDoor, PortalHandlers } from "../ports.ts";

const NAMES_PORT = 53;
const PAGE_PORT = 80;
/** The one that has waited longest makes room for the next. */
const CONNECTIONS_MAX = 3;
/** Should the driver never say that its network stands, or what it has found. */
const PATIENCE_MS = 10000;
/** A list of forty networks takes 800 variables while it is made. */
const SCAN_FREE_MIN = 1500;
const NAMES_MAX = 8;

interface Connection {
  number: number;
  socket: EspruinoSocket;
}

interface Door {
  handlers: PortalHandlers;
  connections: Connection[];
  server: EspruinoServer | null;
  datagrams: EspruinoDatagrams | null;
  isOpen: boolean;
  hasStarted: boolean;
  hasListened: boolean;
  /** Runs while the driver is waited for. */
  timer: number;
  /** Connections so far. */
  count: number;
}

export function openPortal(ssid: string, password: string, handlers: PortalHandlers): PortalDoor {
  const door: Door = {
    handlers: handlers,
    connections: [],
    server: null,
    datagrams: null,
    isOpen: true,
    hasStarted: false,
    hasListened: false,
    timer: 0,
    count: 0,
  };
  door.timer = setTimeout(function () {
    if (process.memory().free >= SCAN_FREE_MIN) lookAround(door, ssid, password);
    else startNetwork(door, ssid, password, []);
  }, 0);
  return {
    close: function () {
      door.isOpen = false;
      clearTimeout(door.timer);
      for (const connection of door.connections) connection.socket.end();
      if (door.server) door.server.close();
      if (door.datagrams) door.datagrams.close();
      require("Wifi").stopAP();
    },
  };
}

function lookAround(d: Door, ssid: string, password: string): void {
  d.timer = setTimeout(function () {
    startNetwork(d, ssid, password, []);
  }, PATIENCE_MS);
  require("Wifi").scan(function (found) {
    const names: Bytes[] = [];
    for (const one of found ?? []) {
      if (names.length < NAMES_MAX && one.ssid && names.indexOf(one.ssid) < 0) names.push(one.ssid);
    }
    startNetwork(d, ssid, password, names);
  });
}

function startNetwork(d: Door, ssid: string, password: string, names: Bytes[]): void {
  if (!d.isOpen || d.hasStarted) return;
  d.hasStarted = true;
  clearTimeout(d.timer);
  d.timer = setTimeout(function () {
    listen(d, "", names);
  }, PATIENCE_MS);
  try {
    require("Wifi").startAP(ssid, { password: password, authMode: "wpa2" }, function (error) {
      listen(d, error ? "" + error : "", names);
    });
  } catch (_refused) {
    listen(d, "refused", names);
  }
}

function listen(d: Door, error: string, names: Bytes[]): void {
  if (!d.isOpen || d.hasListened) return;
  d.hasListened = true;
  clearTimeout(d.timer);
  if (error === "") {
    const server = require("net").createServer(function (socket) {
      accept(d, socket);
    });
    server.listen(PAGE_PORT);
    d.server = server;
    const datagrams = require("dgram").createSocket("udp4");
    d.datagrams = datagrams;
    datagrams.bind(NAMES_PORT, function (bound) {
      bound.on("message", function (query, from) {
        const answer = d.isOpen ? d.handlers.answerName(query) : "";
        if (answer !== "") bound.send(answer, from.port, from.address);
      });
    });
  }
  d.handlers.opened(error, names);
}

function accept(d: Door, socket: EspruinoSocket): void {
  d.count++;
  const number = d.count;
  d.connections.push({ number: number, socket: socket });
  if (d.connections.length > CONNECTIONS_MAX) drop(d, (d.connections[0] as Connection).number, true);
  const write = function (text: Bytes): void {
    socket.write(text);
  };
  socket.on("data", function (data) {
    // What is dropped may still bring something.
    for (const one of d.connections) {
      if (one.number === number && d.handlers.answerPhone(number, data, write)) {
        drop(d, number, false);
        break;
      }
    }
  });
  socket.on("close", function () {
    drop(d, number, true);
  });
}

function drop(d: Door, number: number, isTold: boolean): void {
  const at = d.connections.findIndex((one) => one.number === number);
  if (at < 0 || !d.isOpen) return;
  const connection = d.connections[at] as Connection;
  d.connections.splice(at, 1);
  connection.socket.end();
  if (isTold) d.handlers.left(number);
}
