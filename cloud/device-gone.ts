// Owns the one way an ingest says that a message came from nobody: the trap was released, or its credentials replaced, while the
// connection still stood. Nothing was kept, and the connection ends.

export class DeviceGoneError extends Error {
  override name = "DeviceGoneError";
  readonly deviceId: string;
  constructor(deviceId: string) {
    super("the device's credentials are no longer good");
    this.deviceId = deviceId;
  }
}
