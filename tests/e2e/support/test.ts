// The `test` that every specification uses: a gateway per worker, and a page that must not complain.

import { type ConsoleMessage, test as base, expect } from "@playwright/test";
import { Gateway } from "./gateway.ts";
import { bothAnswer, serveBoth } from "./kafka.ts";

interface PerTest {
  /** Error messages of the browser that this test provokes on purpose, e.g. by breaking the connection. */
  expectedComplaints: RegExp[];
  complaints: void;
}

interface PerWorker {
  /** What the gateway serves: the demo's embedded clusters, or the real Kafka clusters. */
  serves: "demo" | "kafka";
  gateway: Gateway;
}

/**
 * Whether a message is of a part of the console that was fetched ahead when the page was left or its gateway ended.
 * A part that is missing when its page is opened is told on the page: `parts.e2e.ts`.
 */
function isAhead(message: ConsoleMessage): boolean {
  const isPart = /\/part-[^/]*\.wasm$/.test(message.location().url);
  return isPart || /^TypeError: (WebAssembly compilation aborted: Network error|Failed to fetch\n.*\bat loader )/s.test(message.text());
}

export const test = base.extend<PerTest, PerWorker>({
  serves: ["demo", { option: true, scope: "worker" }],
  expectedComplaints: [[], { option: true }],

  gateway: [
    async ({ serves }, use) => {
      const gateway = await Gateway.start(serves === "demo" ? ["demo"] : serveBoth());
      if (serves === "kafka") await bothAnswer(gateway);
      await use(gateway);
      await gateway.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],

  baseURL: async ({ gateway }, use) => use(gateway.url),

  complaints: [
    async ({ page, expectedComplaints, gateway }, use, info) => {
      const heard: string[] = [];
      page.on("pageerror", (error) => heard.push(`uncaught: ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error" && !isAhead(message)) heard.push(message.text());
      });
      await use();
      if (info.status !== info.expectedStatus) {
        await info.attach("gateway log", { body: gateway.log, contentType: "text/plain" });
      }
      const unexpected = heard.filter((text) => !expectedComplaints.some((pattern) => pattern.test(text)));
      expect(unexpected, "error messages of the page").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
