// Owns what follows from the portal's machine: the network of the trap's own, who answers on it, and the Wi-Fi that a phone names there.
// All of it is made when the portal opens and gone when it closes.
import { type Bytes, portalPassword, portalPasswordText, portalSsid, RESET_POWER_ON } from "#protocol";
import { createProver, prove } from "../claim/proofs.ts";
import { type Context, enter, post, say } from "../context.ts";
import { PROFILE_MAINS } from "../power/profile.ts";
import { answerName } from "./dns.ts";
import { writeForm, writeRedirect, writeRefusal, writeThanks } from "./page.ts";
import { decidePortal, type PortalInput } from "./portal.ts";
import { createPhoneRequest, type PhoneRequest, readFormField, readPhoneRequest } from "./request.ts";

/** The interpreter's access point has it. */
const ADDRESS = "192.168.4.1";
const ADDRESS_BYTES = "\xc0\xa8\x04\x01";
/** Time for the thanks to get out. */
const THANKS_MS = 1500;

/** The first look of a boot. */
export function postPortal(c: Context): void {
  const isFresh = c.reason === RESET_POWER_ON || !c.wifi;
  post(c, { to: "portal", fact: { name: isFresh ? "power-returned" : "look" } });
}

export function handlePortal(c: Context, fact: PortalInput): void {
  const situation = {
    isWired: c.ports.radio.wired,
    isJoined: c.link.name === "joined",
    knowsNetwork: c.wifi !== null,
    onBattery: c.profile !== PROFILE_MAINS,
  };
  const wasOpen = c.portal.isOpen;
  c.portal = decidePortal(c.portal, fact, situation, c.ports.clock.now());
  const identity = c.ports.identity;
  // Without an identity there is no password, and nothing that a network would be good for.
  if (!identity) return;
  const isOpen = c.portal.isOpen;
  if (wasOpen !== isOpen) say(c, "portal", ["state", isOpen ? "open" : "closed"]);
  const opens = isOpen && !c.door;
  if (opens || fact.name === "access-asked") {
    const ssid = portalSsid(identity.serial);
    const prover = createProver(c.ports.chip.sha256, identity.key);
    const password = portalPassword(prove(prover, portalPasswordText(identity.serial)));
    // The radio does one thing at a time.
    if (opens && c.wifi) post(c, { to: "link", fact: { name: "network-forgotten" } });
    if (opens) openDoor(c, identity.serial, ssid, password);
    else say(c, "portal", ["state", isOpen ? "open" : "closed", "ssid", ssid, "pass", password]);
  } else if (!isOpen && c.door) {
    const door = c.door;
    c.door = null;
    door.close();
    // Who names a network says so to the link as well.
    if (c.wifi && c.link.name === "unset" && fact.name !== "network-told")
      post(c, { to: "link", fact: { name: "network-named" } });
  }
}

function openDoor(c: Context, serial: string, ssid: string, password: string): void {
  const clock = c.ports.clock;
  let names: Bytes[] = [];
  let reading: { number: number; request: PhoneRequest }[] = [];

  function forget(number: number): void {
    reading = reading.filter((one) => one.number !== number);
  }

  function quoteText(text: Bytes): Bytes {
    return text.split("\\").join("\\\\").split('"').join('\\"');
  }

  function takeForm(body: Bytes, write: (text: Bytes) => void): void {
    const named = readFormField(body, "ssid");
    const key = readFormField(body, "pass");
    if (!named || key === null || named.length > 32 || key.length > 63) {
      c.refusals++;
      writeRefusal(write);
      return;
    }
    const line = 'wifi ssid="' + quoteText(named) + '" pass="' + quoteText(key) + '"';
    clock.setTimer(THANKS_MS, () => enter(c, { to: "console", line: line }));
    writeThanks(write, named);
  }

  function answerPhone(number: number, data: Bytes, write: (text: Bytes) => void): boolean {
    let found = reading.find((one) => one.number === number);
    if (!found) {
      found = { number: number, request: createPhoneRequest() };
      reading.push(found);
    }
    const request = found.request;
    readPhoneRequest(request, data);
    if (request.part !== "done" && request.part !== "bad") return false;
    forget(number);
    if (request.part === "bad") {
      c.refusals++;
      writeRefusal(write);
      return true;
    }
    enter(c, { to: "portal", fact: { name: "phone-heard" } });
    if (request.method === "POST") takeForm(request.body, write);
    else if (request.path === "/") writeForm(write, serial, c.wifi ? c.wifi.ssid : "", names);
    else writeRedirect(write, ADDRESS);
    return true;
  }

  c.door = c.ports.openPortal(ssid, password, {
    opened: function (error, found): void {
      names = found;
      if (error !== "" && c.door) {
        // The chores ask again.
        c.door.close();
        c.door = null;
      }
      say(c, "portal", error === "" ? ["ssid", ssid] : ["ssid", ssid, "error", error]);
    },
    answerName: function (query): Bytes {
      const answer = answerName(query, ADDRESS_BYTES);
      if (answer === "") c.refusals++;
      return answer;
    },
    answerPhone: answerPhone,
    left: forget,
  });
}
