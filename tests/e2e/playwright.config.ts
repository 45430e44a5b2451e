import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser.ts";

export default defineConfig({
  testDir: "specs",
  testMatch: "*.e2e.ts",
  outputDir: "test-results",
  globalSetup: "./support/kafka.setup.ts",
  // One gateway and one browser per worker; the machine that runs this has two cores and Kafka beside it.
  workers: 2,
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
