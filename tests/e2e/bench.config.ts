import config from "./playwright.config.ts";

// `./dev bench topology`: no gateway and no Kafka, only the console's files in DRAWBRIDGE_DIST.
export default {
  ...config,
  testDir: "bench",
  testMatch: "*.bench.ts",
  globalSetup: undefined,
  use: { ...config.use, trace: "off" as const },
};
