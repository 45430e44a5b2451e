// Failing over one mirror: tables that fit the screen, and what its page says afterwards.

import type { Page } from "@playwright/test";
import { Gateway } from "../support/gateway.ts";
import { expectFits } from "../support/narrow.ts";
import { expect, test } from "../support/test.ts";

const link = "/clusters/cloud/links/from-on-prem-link";
const sizes = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];

/** No column is out of sight. */
async function expectWhole(page: Page, table: string): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size);
    const list = page.getByRole("group", { name: new RegExp(`^${table}: arrow keys`) });
    await expect(list).toBeVisible();
    expect(await list.evaluate((element) => element.scrollWidth - element.clientWidth), `${table} at ${size.width}`).toBe(0);
    await expectFits(page);
  }
}

test("a failover fits every screen, and a stopped mirror has no curves of what is not copied", async ({ page, request }) => {
  // Its own: what is failed over does not come back.
  const gateway = await Gateway.start(["demo"]);
  try {
    const mirror = `${gateway.url}/kafka/v3/clusters/xK7-retail-cloud-euw1A/links/from-on-prem-link/mirrors/orders`;
    await expect.poll(async () => (await request.get(mirror)).status()).toBe(200);
    await page.goto(`${gateway.url}${link}/failover?topics=orders`);
    await expect(page.getByRole("table", { name: "What is missing per partition" })).toContainText("orders");
    await expectWhole(page, "What is missing per partition");
    await page.getByRole("textbox", { name: "Confirmation" }).fill("fail over 1 mirror");
    await page.getByRole("button", { name: "Fail over 1 mirror" }).click();
    const said = page.getByRole("status").filter({ hasText: "1 of 1 mirror stopped" });
    await expect(said).toBeVisible();
    await expect(said).not.toContainText("0 ms");
    await expectWhole(page, "Result per partition");

    await page.goto(`${gateway.url}${link}/mirrors/orders`);
    await expect(page.getByText(/^The mirror was stopped .*: nothing is copied any more/)).toBeVisible();
    await expect(page.getByRole("region", { name: "Last half hour" })).toHaveCount(0);
    const partition = page.getByRole("table", { name: "Partitions" }).getByRole("row", { name: /^0/ });
    await expect(partition).toContainText("stopped");
    await expect(partition.getByRole("cell").nth(1)).toHaveText("–");
    await page.goto(`${gateway.url}${link}/mirrors/payments`);
    await expect(page.getByRole("region", { name: "Last half hour" })).toBeVisible();
  } finally {
    await page.goto("about:blank");
    await gateway.stop();
  }
});

test("a link that copies was heard of just now", async ({ page }) => {
  await page.goto(`${link}/failover`);
  await expect(page.getByText(/on-prem answered last: (just now|[1-5] s ago)/)).toBeVisible();
});

test("deleting a topic says which mirrors of it fail", async ({ page }) => {
  await page.goto("/clusters/on-prem/topics/orders");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: /^Delete topic/ }).click();
  const dialog = page.getByRole("dialog", { name: "Delete topic" });
  await expect(dialog).toContainText("Its mirror orders on cloud fails");
});
