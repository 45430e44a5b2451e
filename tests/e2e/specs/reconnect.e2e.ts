import { Gateway } from "../support/gateway.ts";
import { bothAnswer, clusterId, createTopic, serveBoth, uniqueTopic } from "../support/kafka.ts";
import { expectRow } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

// One pattern, since Playwright reads an array of two objects as a value and its options.
test.use({ serves: "kafka", expectedComplaints: [/^WebSocket (connection to .* failed|is already in CLOSING)/] });

test("a restart of the gateway heals in the open page", async ({ page, playwright }) => {
  const gateway = await Gateway.start(serveBoth());
  const request = await playwright.request.newContext({ baseURL: gateway.url });
  try {
    await bothAnswer(gateway);
    await createTopic(request, clusterId("onprem"), uniqueTopic("before-restart"));
    await page.goto(`${gateway.url}/clusters/onprem/topics`);
    await expect(page.getByRole("status").filter({ hasText: "Connected to the gateway" })).toHaveCount(1);
    await expect(page.getByRole("table", { name: "Topics" })).toBeVisible();
    await page.evaluate(() => document.documentElement.setAttribute("data-not-reloaded", ""));

    await gateway.stop();
    await expect(page.getByRole("button", { name: /^reconnecting/ })).toBeVisible();
    // What is shown stays, and says that it is not live.
    await expect(page.getByRole("table", { name: "Topics" })).toBeVisible();

    await gateway.startAgain();
    await expect(page.getByRole("status").filter({ hasText: "Connected to the gateway" })).toHaveCount(1, {
      timeout: 30_000,
    });
    // Subscriptions are back too: what happens now is shown.
    await bothAnswer(gateway);
    const topic = uniqueTopic("after-restart");
    await createTopic(request, clusterId("onprem"), topic);
    await page.getByRole("searchbox", { name: "Search topics" }).fill(topic);
    await expectRow(page, "Topics", topic);
    expect(await page.evaluate(() => document.documentElement.hasAttribute("data-not-reloaded"))).toBe(true);
  } finally {
    await request.dispose();
    await gateway.stop();
  }
});
