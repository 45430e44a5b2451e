import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser.ts";

export default defineConfig({
  testDir: "specs",
  testMatch: "*.e2e.ts",
  outputDir: "test-results",
  globalSetup: "./support/kafka.setup.ts",
  // One gateway per worker, and the links of a cluster are run by one gateway at a time: two workers would
  // take the shared clusters' links from each other.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    ...chromium,
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
