import { clusterId, createTopic, uniqueTopic } from "../support/kafka.ts";
import { cell, expectNoRow, expectRow } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

test("a cluster's topics are listed with partitions and replicas", async ({ page, request }) => {
  const topic = uniqueTopic("listed");
  await createTopic(request, clusterId("onprem"), topic, 3);
  await page.goto("/clusters/onprem/topics");
  await expect(page.getByRole("heading", { level: 1, name: "Topics" })).toBeVisible();
  await expect(await cell(page, "Topics", "State", topic)).toContainText("healthy");
  await expect(await cell(page, "Topics", "Partitions", topic)).toHaveText("3");
  await expect(await cell(page, "Topics", "Replicas", topic)).toHaveText("1");
  await expect(await cell(page, "Topics", "Records", topic)).toContainText("0");
  await expect(await cell(page, "Topics", "Size", topic)).toHaveText(/\d B$/);
});

test("a topic created elsewhere appears without a reload", async ({ page, request }) => {
  const topic = uniqueTopic("appears");
  await page.goto("/clusters/onprem/topics");
  await expect(page.getByRole("heading", { level: 1, name: "Topics" })).toBeVisible();
  await createTopic(request, clusterId("onprem"), topic);
  await page.getByRole("searchbox", { name: "Search topics" }).fill(topic);
  await expectRow(page, "Topics", topic);
});

test("internal topics are hidden until they are asked for, and the URL remembers", async ({ page }) => {
  await page.goto("/clusters/onprem/topics?internal=true&q=__consumer");
  const toggle = page.getByRole("checkbox", { name: "Show internal topics" });
  await expect(toggle).toBeChecked();
  await toggle.uncheck();
  await expect(page).not.toHaveURL(/internal/);
  await expectNoRow(page, "Topics", "__consumer_offsets");
  await toggle.check();
  await expect(page).toHaveURL(/internal=true/);
});

test("a search narrows the list and is in the URL", async ({ page, request }) => {
  const [wanted, other] = [uniqueTopic("needle"), uniqueTopic("hay")];
  await createTopic(request, clusterId("onprem"), wanted);
  await createTopic(request, clusterId("onprem"), other);
  await page.goto("/clusters/onprem/topics");
  await expectRow(page, "Topics", other);
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search topics" });
  await expect(search).toBeFocused();
  await search.fill("needle");
  await expect(page).toHaveURL(/q=needle/);
  await expectRow(page, "Topics", wanted);
  await expectNoRow(page, "Topics", other);
  await search.fill("no such topic");
  await expect(page.getByRole("heading", { name: "No topic found" })).toBeVisible();
  await page.getByRole("button", { name: "Clear search" }).click();
  await expectRow(page, "Topics", other);
});

test("columns sort the list, and the browser's memory of the URL keeps the order", async ({ page, request }) => {
  const prefix = uniqueTopic("sorted");
  for (const [suffix, partitions] of [["a", 2], ["b", 9], ["c", 5]] as const) {
    await createTopic(request, clusterId("onprem"), `${prefix}${suffix}`, partitions);
  }
  await page.goto(`/clusters/onprem/topics?q=${prefix}`);
  const names = page.getByRole("table", { name: "Topics" }).getByRole("rowheader").getByRole("link");
  await expect(names).toHaveText([`${prefix}a`, `${prefix}b`, `${prefix}c`]);
  const head = page.getByRole("columnheader", { name: "Partitions" });
  await head.getByRole("button").click();
  await expect(head).toHaveAttribute("aria-sort", /scending/);
  await expect(page).toHaveURL(/sort=/);
  if ((await head.getAttribute("aria-sort")) === "ascending") await head.getByRole("button").click();
  await expect(names).toHaveText([`${prefix}b`, `${prefix}c`, `${prefix}a`]);
  await page.reload();
  await expect(names).toHaveText([`${prefix}b`, `${prefix}c`, `${prefix}a`]);
});

test("the arrow keys and Enter open a topic", async ({ page, request }) => {
  const topic = uniqueTopic("by-key");
  await createTopic(request, clusterId("onprem"), topic);
  await page.goto(`/clusters/onprem/topics?q=${topic}`);
  await expectRow(page, "Topics", topic);
  await page.getByRole("group", { name: /^Topics: arrow keys/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: topic })).toBeVisible();
});
