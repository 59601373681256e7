// What the sample's devices of each kind can be asked and told: typed values with their bounds, and what a voice assistant calls them.
import type { SampleKind } from "./devices.ts";

export interface SampleProperty {
  name: string;
  type: "boolean" | "integer" | "float" | "string";
  /** One for each device of the kind, over and over. */
  values: string[];
  unit?: string;
  min?: number;
  max?: number;
  allowed?: string[];
  alexa?: [interfaceName: string, property: string];
  changedBy?: "device" | "web" | "api" | "alexa" | "ifttt" | "system";
}

const SENSITIVITY: SampleProperty = {
  ...{ name: "sensitivity", type: "integer", values: ["5", "7", "3"], min: 1, max: 10, changedBy: "web" },
};
const MODE: SampleProperty = {
  ...{ name: "mode", type: "string", values: ["active", "active", "standby"], changedBy: "web" },
  ...{ allowed: ["active", "standby", "training"], alexa: ["Alexa.ModeController", "mode"] },
};
const CAUGHT: SampleProperty = { name: "catches", type: "integer", values: ["2", "0", "5"], min: 0 };
const TEMPERATURE: SampleProperty = {
  ...{ name: "temperature", type: "float", values: ["4.5", "21.0", "-18.5"], unit: "°C", min: -40, max: 85 },
  alexa: ["Alexa.TemperatureSensor", "temperature"],
};

export const PROPERTIES: Record<SampleKind, SampleProperty[]> = {
  "live-catch": [MODE, SENSITIVITY, CAUGHT, { name: "occupied", type: "boolean", values: ["false", "true"] }],
  snap: [MODE, SENSITIVITY, CAUGHT],
  "bait-station": [
    MODE,
    { name: "bait_level", type: "integer", values: ["80", "35", "10"], unit: "%", min: 0, max: 100 },
  ],
  monitor: [SENSITIVITY, { name: "passages_today", type: "integer", values: ["0", "3", "1"], min: 0 }],
  gateway: [
    { name: "connected_devices", type: "integer", values: ["14", "9"], min: 0, max: 64 },
    { name: "channel", type: "integer", values: ["6", "11", "1"], min: 1, max: 13, changedBy: "api" },
    { name: "uplink", type: "string", values: ["ethernet", "lte"], allowed: ["ethernet", "wifi", "lte"] },
  ],
  sensor: [TEMPERATURE, { name: "humidity", type: "float", values: ["61.5", "48.0"], unit: "%", min: 0, max: 100 }],
  switch: [
    {
      ...{ name: "power", type: "boolean", values: ["true", "false"], changedBy: "alexa" },
      alexa: ["Alexa.PowerController", "powerState"],
    },
    { name: "brightness", type: "integer", values: ["70", "100"], unit: "%", min: 0, max: 100, changedBy: "ifttt" },
  ],
};

/** What a voice assistant shows a device as. */
export const DISPLAY_CATEGORIES: Record<SampleKind, string[]> = {
  "live-catch": ["CONTACT_SENSOR"],
  snap: ["CONTACT_SENSOR"],
  "bait-station": ["OTHER"],
  monitor: ["MOTION_SENSOR"],
  gateway: [],
  sensor: ["TEMPERATURE_SENSOR"],
  switch: ["SWITCH"],
};
