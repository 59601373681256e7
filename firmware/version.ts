// Owns the version this firmware calls itself. The build replaces the literal; from the sources alone it is a development version.

export const FIRMWARE_VERSION = "0.1.0-dev";
