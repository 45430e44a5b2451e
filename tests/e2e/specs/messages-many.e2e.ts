// More records than the page keeps whole, and one that is larger than a page can show.

import { statSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { clusterId, createTopic, produce, trim, uniqueTopic } from "../support/kafka.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

/** Pixels of a row of a screen this wide. */
const rowHeight = 36;

async function scrollTo(list: Locator, at: number): Promise<void> {
  await list.evaluate((element, top) => element.scrollTo(0, top), at * rowHeight);
}

/** How many requests of a kind the page has sent since this was called. */
function sent(page: Page, kind: string): () => number {
  let n = 0;
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      if (payload.toString().includes(`"${kind}"`)) n += 1;
    });
  });
  return () => n;
}

test("a page with more rows than it keeps whole shows each of them when it is scrolled to", async ({ page, request }) => {
  const records = 60_000;
  const topic = uniqueTopic("many");
  await createTopic(request, clusterId("onprem"), topic, 1);
  produce("onprem", topic, Array.from({ length: records }, (_, n) => `{"n":${n},"twice":${2 * n}}`));
  const readAgain = sent(page, "read_records");
  await page.goto(`/clusters/onprem/topics/${topic}/messages?from=oldest`);
  const status = page.getByRole("status").filter({ hasText: "scanned" });
  await expect(status).toContainText("More to come · 500 records");
  await page.getByRole("button", { name: "Continue to the end" }).click();
  await expect(status).toContainText("Complete · 60,000 records", { timeout: 90_000 });
  expect(readAgain()).toBe(0);

  const list = page.getByRole("group", { name: "Records: arrow keys move through rows" });
  const shows = async (n: number) => {
    await expect(row(page, "Records", n.toLocaleString("en"), `{"n":${n},"twice":${2 * n}}`)).toHaveCount(1);
  };
  await shows(0);
  await scrollTo(list, records);
  await shows(records - 1);
  await scrollTo(list, 12_345);
  await shows(12_345);
  await scrollTo(list, 7_000);
  await shows(7_000);
  expect(readAgain()).toBeGreaterThan(0);

  // The keyboard goes through rows that were let go, and opens them.
  await list.press("Home");
  await shows(0);
  for (let page = 0; page < 3; page += 1) await list.press("PageDown");
  await list.press("ArrowDown");
  const current = page.getByRole("table", { name: "Records" }).locator("tr.current");
  const offset = Number((await current.getByRole("rowheader").innerText()).replaceAll(",", ""));
  expect(offset).toBeGreaterThan(20);
  await shows(offset);
  await list.press("Enter");
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record.getByRole("group", { name: "Value as JSON" })).toContainText(`"n": ${offset}`);
  await record.getByRole("button", { name: "Close the record" }).click();

  // What is deleted meanwhile says so, and what is left is still there.
  trim("onprem", topic, 30_000);
  await scrollTo(list, 20_000);
  await expect(row(page, "Records", "20,000", "No longer in the topic")).toHaveCount(1);
  await scrollTo(list, 31_000);
  await shows(31_000);
});

test("a record of fifty megabytes is shown in part and loaded as a file, and the page stays alive", async ({ page, request }) => {
  const size = 50 * 1024 * 1024;
  const topic = uniqueTopic("large");
  await createTopic(request, clusterId("onprem"), topic, 1, { "max.message.bytes": "60000000" });
  produce("onprem", topic, ["before", "x".repeat(size), "after"], {
    "max.request.size": "60000000",
    "buffer.memory": "134217728",
    "request.timeout.ms": "60000",
  });
  await page.goto(`/clusters/onprem/topics/${topic}/messages?from=oldest&columns=value,size`);
  const table = page.getByRole("table", { name: "Records" });
  await expect(row(page, "Records", "1", "xxxxxxxx", "50.0 MiB")).toHaveCount(1);
  await table.getByRole("link", { name: "1" }).click();
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record).toContainText("Text · 50.0 MiB · only its beginning is shown");
  const shown = await record.locator("pre").evaluate((element) => element.textContent?.length);
  expect(shown).toBe(8 * 1024 * 1024);

  const loading = page.waitForEvent("download");
  await record.getByRole("link", { name: "Load all of it as a file" }).click();
  const file = await (await loading).path();
  expect(statSync(file).size).toBeGreaterThan(size);

  await record.getByRole("button", { name: "Offset after" }).click();
  await expect(record.locator("pre")).toHaveText("after");
  await record.getByRole("button", { name: "Close the record" }).click();
  const filter = page.getByRole("searchbox", { name: "Filter" });
  await filter.fill("before");
  await filter.press("Enter");
  await expect(table.getByRole("rowheader")).toHaveText(["0"]);
});
