import config from "./playwright.config.ts";

// `DRAWBRIDGE_SCREENSHOTS=folder npm run screenshots`: every page in both sizes and themes.
export default {
  ...config,
  testDir: "screenshots",
  testMatch: "*.shots.ts",
  globalSetup: undefined,
  workers: 1,
  timeout: 120_000,
};
