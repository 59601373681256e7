// Which device a USB adapter is, and what is said where that cannot be known.
import * as assert from "uvu/assert";
import { listPorts, type PortFacts, placeIn } from "../../../../hil/drivers/port/list-ports.ts";
import { findUsbPath } from "../../../../hil/drivers/port/open-port.ts";
import { HilError } from "../../../../hil/error.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("which port of this machine is meant");

const PORTS: PortFacts[] = [
  { path: "/dev/ttyUSB0", serialNumber: "0001", location: "1-1.2", vendorId: "10c4", productId: "ea60" },
  { path: "/dev/ttyUSB1", serialNumber: "0001", location: "1-1.3" },
  { path: "/dev/ttyUSB2", serialNumber: "7C2A", location: "1-1.4.1" },
  { path: "/dev/ttyS0" },
];

function refusal(act: () => unknown): HilError {
  try {
    act();
  } catch (error) {
    assert.instance(error, HilError);
    return error as HilError;
  }
  throw new Error("it was not refused");
}

test("an adapter is found by its serial number, or by where it is plugged in", () => {
  assert.is(findUsbPath({ kind: "usb", serialNumber: "7C2A" }, PORTS), "/dev/ttyUSB2");
  assert.is(findUsbPath({ kind: "usb-location", location: "1-1.3" }, PORTS), "/dev/ttyUSB1");
});

test("adapters with the same serial number are never guessed between", () => {
  const error = refusal(() => findUsbPath({ kind: "usb", serialNumber: "0001" }, PORTS));
  assert.is(error.code, "port-ambiguous");
  assert.match(error.message, "/dev/ttyUSB0 and /dev/ttyUSB1");
  assert.match(error.message, "usb-location:");
});

test("an adapter that is not there is told with those that are", () => {
  const error = refusal(() => findUsbPath({ kind: "usb", serialNumber: "9999" }, PORTS));
  assert.is(error.code, "port-missing");
  assert.match(error.message, "/dev/ttyUSB2 (serial number 7C2A, place 1-1.4.1)");
  assert.match(
    refusal(() => findUsbPath({ kind: "usb", serialNumber: "9" }, [])).message,
    "No USB adapter is there at all",
  );
});

test("ports are listed as a person counts", async () => {
  const list = async () => [{ path: "/dev/ttyUSB10" }, { path: "/dev/ttyUSB9" }];
  assert.equal(
    (await listPorts({ list })).map((port) => port.path),
    ["/dev/ttyUSB9", "/dev/ttyUSB10"],
  );
});

test("a machine without udevadm says what to install, and what to do without", async () => {
  const error = await getRejection(
    listPorts({
      list: async () => {
        throw Object.assign(new Error("spawn udevadm ENOENT"), { code: "ENOENT" });
      },
    }),
  );
  assert.instance(error, HilError);
  assert.is((error as HilError).code, "port-list-missing");
  assert.match((error as HilError).message, "apt install udev");
  assert.match((error as HilError).message, "/dev/ttyUSB0");
});

test("the place of an adapter is read from the path of its device", () => {
  assert.is(placeIn("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4.1/1-1.4.1:1.0/ttyUSB2"), "1-1.4.1");
  assert.is(placeIn("/sys/devices/pci0000:00/0000:00:14.0/usb3/3-2/3-2:1.0"), "3-2");
  assert.is(placeIn("/sys/devices/platform/serial8250"), undefined);
});
