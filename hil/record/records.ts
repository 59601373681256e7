// Owns writing a recorded record as the contract writes it: a recording has kept the fields in their order.
import { booleanField, endRecord, integerField, startRecord, textField } from "#protocol";
import type { RecordFields } from "./entries.ts";

export function encodeFields(fields: RecordFields): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    if (typeof value === "string") return textField(name, value);
    return typeof value === "number" ? integerField(name, value) : booleanField(name, value);
  });
  return endRecord(startRecord() + texts.join(""));
}
