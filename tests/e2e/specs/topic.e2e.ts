import type { Page } from "@playwright/test";
import { clusterId, createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { cell, expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

/** Offsets of partition 0. */
async function expectOffsets(page: Page, start: string, end: string, between: string): Promise<void> {
  await expect(await cell(page, "Partitions", "Log start", /^0/)).toHaveText(start);
  await expect(await cell(page, "Partitions", "High watermark", /^0/)).toHaveText(end);
  await expect(await cell(page, "Partitions", "Offsets", /^0/)).toHaveText(between);
}

test("partitions show leader, replicas and exact offsets", async ({ page, request }) => {
  const topic = uniqueTopic("offsets");
  await createTopic(request, clusterId("onprem"), topic, 1);
  produce("onprem", topic, ["one", "two", "three"]);
  await page.goto(`/clusters/onprem/topics/${topic}`);
  await expectOffsets(page, "0", "3", "3");
  await expect(await cell(page, "Partitions", "Leader", /^0/)).toContainText(/broker \d/);
  await expect(await cell(page, "Partitions", "Replicas", /^0/)).toHaveText(/^\d$/);
  await expect(await cell(page, "Partitions", "Size", /^0/)).toHaveText(/\d B$/);
});

test("partitions are added after the effect on keys was shown", async ({ page, request }) => {
  const topic = uniqueTopic("grows");
  await createTopic(request, clusterId("onprem"), topic, 2);
  await page.goto(`/clusters/onprem/topics/${topic}`);
  await page.getByRole("button", { name: "Add partitions…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add partitions" });
  const total = dialog.getByRole("textbox", { name: "Partitions in all" });
  await expect(total).toBeFocused();
  await total.fill("2");
  await expect(total).toHaveAttribute("aria-invalid", "true");
  await total.fill("5");
  await expect(dialog.getByText("What changes for keys.")).toBeVisible();
  await dialog.getByRole("button", { name: "Add 3 partitions" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("table", { name: "Partitions" }).getByRole("rowheader")).toHaveCount(5);
});

test("records are deleted with the effect per partition before and after", async ({ page, request }) => {
  const topic = uniqueTopic("purged");
  await createTopic(request, clusterId("onprem"), topic, 1);
  produce("onprem", topic, ["one", "two", "three", "four"]);
  await page.goto(`/clusters/onprem/topics/${topic}`);
  await expectRow(page, "Partitions", /^0/, "4");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete records…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete records" });
  await dialog.getByRole("radio", { name: "What lies before an offset, per partition" }).check();
  await dialog.getByRole("textbox", { name: "Delete before offset, partition 0" }).fill("3");
  await expect(row(page, "What would be deleted", "0").getByRole("cell").last()).toHaveText("3");
  const confirm = dialog.getByRole("button", { name: "Delete records" });
  await expect(confirm).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox", { name: "Name of the topic" }).fill(topic);
  await confirm.click();
  await expectRow(page, "Result of deleting records", "0", "deleted", "3");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expectOffsets(page, "3", "4", "1");
});

test("a topic is deleted only after its name was typed", async ({ page, request }) => {
  const topic = uniqueTopic("deleted");
  await createTopic(request, clusterId("onprem"), topic);
  await page.goto(`/clusters/onprem/topics/${topic}`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete topic…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete topic" });
  const confirm = dialog.getByRole("button", { name: "Delete topic" });
  await expect(confirm).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox", { name: "Name of the topic" }).fill(`${topic}x`);
  await expect(confirm).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox", { name: "Name of the topic" }).fill(topic);
  await confirm.click();
  await expect(page.getByRole("heading", { level: 1, name: "Topics" })).toBeVisible();
  await expect(page.getByRole("link", { name: topic, exact: true })).toHaveCount(0);
  const answer = await request.get(`/kafka/v3/clusters/${clusterId("onprem")}/topics/${topic}`);
  expect(answer.status()).toBe(404);
});

test("a topic that does not exist says so and leads back", async ({ page }) => {
  await page.goto("/clusters/onprem/topics/there-is-no-such-topic");
  await expect(page.getByRole("heading", { name: "Not there" })).toBeVisible();
  await page.getByRole("link", { name: "All topics" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Topics" })).toBeVisible();
});
