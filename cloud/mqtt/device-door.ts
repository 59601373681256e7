// Owns the types of the door between the broker and the subjects: who a device is, what a subject does with a message, how a subject
// speaks to a device. No code, so that neither side needs the other.
import type { DownMessage, UpMessage } from "#protocol";

/** A device as its credentials name it; everything it says is taken as said by this device and no other. */
export interface DeviceScope {
  tenantId: string;
  deviceId: string;
  /** User name and MQTT client id alike. */
  credentialId: string;
}

/** Which trap of which tenant. */
export type DeviceKey = Pick<DeviceScope, "tenantId" | "deviceId">;

/**
 * Take one message of a device. Resolves after the transaction has committed, with what to send to that device before its PUBACK;
 * rejects if nothing was kept, and then there is no PUBACK and the connection ends [ALERT-1].
 */
export type Ingest<M extends UpMessage = UpMessage> = (
  device: DeviceScope,
  message: M,
  receivedAt: Date,
) => Promise<DownMessage[]>;

/** Whether messages like this one wait for each other and are then written together: none of them takes a connection of its own. */
export type IsWrittenTogether = (message: UpMessage) => boolean;

/** Speak to a device. Sending to one that is not connected is no error: it is told again when it says hello. */
export interface DeviceLink {
  send(device: DeviceScope, message: DownMessage): Promise<void>;
  /** End the device's connection at once, if there is one: its credentials are no longer good. */
  disconnect(device: DeviceScope): void;
}

/** Traps of the mousetrap days have a client id beside their user name. */
export interface KnownDevice extends DeviceScope {
  clientId?: string;
  /** What the trap proves itself with, 32 bytes, to be kept by its connection alone; null if it has none, and then it is not heard. */
  key: Uint8Array | null;
}

/** The broker's question at CONNECT: whose credentials are these? Null refuses. Each character of the password is one byte. */
export type AuthenticateDevice = (username: string, password: string) => Promise<KnownDevice | null>;
