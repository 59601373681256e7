// THE CONTRACT between trap, cloud, simulator and bench, imported everywhere as #protocol. It obeys the dialect of its most constrained
// reader, the interpreter on the trap, imports nothing, and never throws.
export * from "./claiming.ts";
export * from "./codec.ts";
export * from "./codes.ts";
export * from "./console.ts";
export * from "./identity.ts";
export * from "./limits.ts";
export * from "./manifest.ts";
export * from "./messages.ts";
export * from "./portal.ts";
export * from "./proofs.ts";
export * from "./record.ts";
export * from "./sealed.ts";
export * from "./signed-firmware.ts";
export * from "./topics.ts";
export * from "./version.ts";
