import { startEmbedded } from "../support/embedded.ts";
import { Gateway } from "../support/gateway.ts";
import { expectRow } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

const total = 10_000;

test("ten thousand topics are listed, searched and scrolled with a hundred rows in the page", async ({ page }) => {
  const cluster = await startEmbedded(total);
  const gateway = await Gateway.start(["serve", "--clusters-dir", `${cluster.file}.added`, "--cluster", `large=${cluster.file}`]);
  try {
    await page.goto(`${gateway.url}/clusters/large/topics`);
    const table = page.getByRole("table", { name: "Topics" });
    await expect(table).toHaveAttribute("aria-rowcount", String(total + 1));
    expect(await table.getByRole("row").count()).toBeLessThan(100);

    await page.getByRole("group", { name: /^Topics: arrow keys/ }).focus();
    await page.keyboard.press("End");
    await expect(table.getByRole("link", { name: "topic-09999", exact: true })).toBeInViewport();
    expect(await table.getByRole("row").count()).toBeLessThan(100);

    await page.getByRole("searchbox", { name: "Search topics" }).fill("topic-0777");
    await expect(table).toHaveAttribute("aria-rowcount", "11");
    await expectRow(page, "Topics", "topic-07777");
  } finally {
    await gateway.stop();
    await cluster.stop();
  }
});
