// Owns the cloud as a bench sees it, whether the bench has started it or found it: persons with accounts, identities registered, and for
// each board the address where it finds the cloud, with taps on the way where the bench stands in between.
import { randomBytes, randomInt } from "node:crypto";
import type { TrapKind } from "#protocol";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { type ApiClientOptions, ApiError, createApiClient } from "./api-client.ts";
import { createPerson, type Notice, type Person } from "./person.ts";
import type { Tap } from "./tap.ts";
import type { TapMessage } from "./tap-messages.ts";

/** As the factory registers it, and as a board carries it with the address of its cloud. */
export interface IdentityDto {
  serialNumber: string;
  macAddress: string;
  /** 32 bytes in hexadecimal. */
  key: string;
  hardware: string;
  kind: TrapKind;
}

/** Where one board finds the cloud. */
export interface BoardDoor {
  host: string;
  port: number;
  /** Undefined where nothing of ours stands in between. */
  taps: { http: Tap; mqtt: Tap } | undefined;
  /** Whose MQTT connections are this board's: those of this device. */
  own(deviceId: string): void;
  close(): Promise<void>;
}

/** What may be done to the cloud itself. Whoever else uses it just now is told nothing: see cloud-turns.ts. */
export interface CloudProcess {
  isUp(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  onCrash(listen: (reason: string) => void): () => void;
}

export interface BenchCloud {
  /** Of its HTTP, for persons. */
  readonly url: string;
  /** Undefined for a cloud that is not ours to restart. */
  readonly process: CloudProcess | undefined;
  openDoor(board: string, onMessage: (message: TapMessage) => void): Promise<BoardDoor>;
  /** Registering the same once more is no error. @throws HilError "identity-refused" */
  register(identity: IdentityDto): Promise<void>;
  /** A person with a fresh account (remote: the bench's own account), logged in, not yet following. @throws HilError "no-account" */
  createPerson(options: PersonWish): Promise<Person>;
  close(): Promise<void>;
}

export interface PersonWish extends Pick<ApiClientOptions, "onAct"> {
  /** For the log: "owner", "rival". */
  called: string;
  clock: Clock;
  onNotice?(notice: Notice): void;
  onExchange?(text: string): void;
}

/** Who speaks to a cloud, and how. */
export interface CloudDesk {
  url: string;
  factoryToken: string;
  /** Undefined: everybody has a fresh account. */
  account: { email: string; password: string } | undefined;
  /** The cloud believes the bench where its people's requests come from. */
  hasAddresses: boolean;
}

export async function registerIdentity(
  desk: Pick<CloudDesk, "url" | "factoryToken">,
  identity: IdentityDto,
): Promise<void> {
  const api = createApiClient({ base: desk.url });
  api.useToken(desk.factoryToken);
  try {
    await api.ask("POST", "/api/v1/factory/devices", identity);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isConflict = error instanceof ApiError && error.status === 409;
    const next = isConflict
      ? "Another identity with this MAC address or serial number is registered there: restore the identity file of this board."
      : "Look at the factory token and at the cloud's log.";
    const message = `The cloud does not register ${identity.serialNumber} (${identity.macAddress}): ${why}. ${next}`;
    throw new HilError("infrastructure", "identity-refused", message, error);
  }
}

export async function createDeskPerson(desk: CloudDesk, wish: PersonWish): Promise<Person> {
  const name = `bench-${randomBytes(6).toString("hex")}`;
  const drawn = { email: `${name}@trapline.example`, password: randomBytes(12).toString("base64url") };
  const account = { ...(desk.account ?? drawn), tenantName: name };
  const api = createApiClient({
    base: desk.url,
    address: desk.hasAddresses ? drawAddress() : undefined,
    onExchange: (text) => wish.onExchange?.(`${wish.called}: ${text}`),
    onAct: wish.onAct,
  });
  const person = createPerson({ api, account, clock: wish.clock, onNotice: wish.onNotice });
  try {
    await (desk.account === undefined ? person.register() : person.login());
    return person;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The ${wish.called} of this bench gets no account at ${desk.url}: ${why}.`;
    throw new HilError("infrastructure", "no-account", message, error);
  }
}

/** Of a private network, so that nobody else's is meant. */
function drawAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
}
