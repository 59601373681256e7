// Owns every bound that both ends of the wire must agree on. Units stand last in each name.

/** Longest record, in bytes: what an ESP32 with 2,500 interpreter variables was seen to bear with room to spare. */
export const RECORD_BYTES_MAX = 1024;
/** Hexadecimal characters of the nonce with which the cloud begins a session (16 bytes). */
export const NONCE_CHARS = 32;
/** Largest count in a seal: it begins anew with every connection. */
export const SEAL_COUNT_MAX = 2147483647;
/** Longest sealed message, in bytes: a record, a line feed, the digits of a count, a space, a seal. */
export const SEALED_BYTES_MAX = 1100;
/** Longest MQTT packet a broker takes from a device, header included, in bytes. */
export const PACKET_BYTES_MAX = 2048;
/** Longest topic, in bytes. */
export const TOPIC_BYTES_MAX = 128;
export const FIELD_NAME_CHARS_MAX = 16;
/** Largest integer on a wire: exact in both interpreters' numbers. */
export const INTEGER_MAX = 9007199254740991;

/** MQTT keep alive, in seconds. The cloud calls a device offline after one and a half of it. */
export const KEEP_ALIVE_S = 30;
/** How long a device waits for the cloud's acknowledgement of an event before it takes the connection for dead. */
export const ACK_TIMEOUT_MS = 10000;

/** A claiming window stays open this long. */
export const CLAIMING_WINDOW_S = 600;
export const CLAIM_CODE_CHARS = 10;
/** Ten characters of these make a claim code: 30 letters and digits that no eye confuses, 49 bits in all. */
export const CLAIM_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Bytes of firmware in one download request, at most; and as the cloud cuts it, since with more the interpreter's memory gets short. */
export const FIRMWARE_CHUNK_BYTES_MAX = 1024;
export const FIRMWARE_CHUNK_BYTES = 512;
/** Largest firmware bundle, in bytes: what one slot holds. */
export const FIRMWARE_BYTES_MAX = 131072;

/** Configuration bounds: smallest and largest of each, in the unit the name says. */
export const TELEMETRY_S_MIN = 10;
export const TELEMETRY_S_MAX = 86400;
export const CONFIRM_MS_MIN = 5;
export const CONFIRM_MS_MAX = 1000;
export const ARM_DELAY_MS_MIN = 100;
export const ARM_DELAY_MS_MAX = 60000;
