import { expectAccessible } from "../support/axe.ts";
import { clusterId, consume, createTopic, keepConsuming, keepSharing, produce, uniqueTopic } from "../support/kafka.ts";
import { expectFits } from "../support/narrow.ts";
import { silence } from "../support/scale.ts";
import { cell, expectNoRow, expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

const records = ["1", "2", "3", "4", "5", "6", "7", "8"];

test("groups are listed over all clusters, searched by name or topic, and opened", async ({ page, request }) => {
  const [topic, group] = [uniqueTopic("read"), uniqueTopic("billing")];
  await createTopic(request, clusterId("onprem"), topic);
  produce("onprem", topic, records);
  consume("onprem", topic, group, 3);
  await page.goto("/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Groups" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Groups" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search groups or topics" }).fill(topic);
  await expect(page).toHaveURL(new RegExp(`/groups\\?q=${topic}`));
  await expectRow(page, "Groups", group);
  await expect(await cell(page, "Groups", "Lag", group)).toContainText("5");
  await expect(await cell(page, "Groups", "State", group)).toContainText("EMPTY");
  await page.getByRole("combobox", { name: "State" }).selectOption("stable");
  await expectNoRow(page, "Groups", group);
  await page.getByRole("combobox", { name: "State" }).selectOption("");
  await expectAccessible(page);
  await page.getByRole("table", { name: "Groups" }).getByRole("link", { name: group }).click();
  await expect(page.getByRole("heading", { level: 1, name: group })).toBeVisible();
  await expect(await cell(page, "Partitions", "Committed", topic)).toHaveText("3");
  await expect(await cell(page, "Partitions", "Log end", topic)).toHaveText("8");
  await expectAccessible(page);
  await page.goto(`/clusters/onprem/topics/${topic}?tab=groups`);
  await expectRow(page, "Groups that read this topic", group);
  await expectAccessible(page);
});

test("before anything was read, the head of the groups does not say that there are none", async ({ page }) => {
  await silence(page);
  await page.goto("/groups");
  for (const name of ["Groups", "Falling behind", "Left with lag"]) {
    await expect(page.locator(".fact", { hasText: new RegExp(`^${name}`) })).toHaveText(`${name}–`);
  }
});

test("offsets are reset after a preview, and a preview that is no longer true is refused", async ({ page, request }) => {
  const [topic, group] = [uniqueTopic("again"), uniqueTopic("shipping")];
  await createTopic(request, clusterId("onprem"), topic);
  produce("onprem", topic, records);
  consume("onprem", topic, group, 3);
  const own = `/clusters/onprem/groups/${group}`;
  await page.goto(own);
  await page.getByRole("link", { name: "Reset offsets…" }).click();
  await expect(page).toHaveURL(`${own}/reset`);
  await expect(await cell(page, "What each partition gets", "Records", topic)).toHaveText("3 read again");
  await page.getByRole("radio", { name: "Newest record" }).check();
  await expect(page).toHaveURL(/to=newest/);
  await expect(page.getByText("5 records are skipped.")).toBeVisible();
  await page.getByRole("radio", { name: "Shift" }).check();
  const by = page.getByRole("textbox", { name: "Number of records" });
  await by.fill("-2");
  await by.blur();
  await expect(row(page, "What each partition gets", topic).getByRole("cell").nth(2)).toHaveText("1");
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await expectFits(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  // Somebody else resets meanwhile: the preview is not what would be replaced any more.
  const other = await page.context().newPage();
  await other.goto(`${own}/reset?to=offset&at=5`);
  await other.getByRole("button", { name: "Reset 1 partition" }).click();
  await expect(other.getByText("Offsets reset in 1 partition").first()).toBeVisible();
  await other.close();
  await page.getByRole("button", { name: "Reset 1 partition" }).click();
  await expect(page.getByRole("alert")).toContainText("changed since you looked");
  await page.getByRole("button", { name: "Look again" }).click();
  await expect(await cell(page, "What each partition gets", "From", topic)).toHaveText("5");
  await page.getByRole("button", { name: "Reset 1 partition" }).click();
  await expect(page.getByText("Offsets reset in 1 partition").first()).toBeVisible();
  await page.goto(own);
  await expect(await cell(page, "Partitions", "Committed", topic)).toHaveText("3");
  await expect(page.getByText(`reset the offsets of group '${group}'`).first()).toBeVisible();
});

test("a group with a member says why it is left alone, and can be deleted once it is empty", async ({ page, request }) => {
  const [topic, group] = [uniqueTopic("busy"), uniqueTopic("busy-group")];
  await createTopic(request, clusterId("onprem"), topic);
  produce("onprem", topic, records);
  const reader = keepConsuming("onprem", topic, group);
  const own = `/clusters/onprem/groups/${group}`;
  try {
    await expect
      .poll(async () => (await request.get(`/kafka/v3/clusters/${clusterId("onprem")}/consumer-groups/${group}/lags`)).status(), { timeout: 60_000 })
      .toBe(200);
    await page.goto(`${own}/reset`);
    await expect(page.getByText("Not now")).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText(/Stop its consumers first/).first()).toBeVisible();
    await page.goto(own);
    await expect(page.getByRole("table", { name: "Members" })).toContainText(topic);
    await page.getByRole("button", { name: "More" }).click();
    await expect(page.getByRole("menuitem", { name: /Delete group/ })).toHaveAttribute("aria-disabled", "true");
    await page.keyboard.press("Escape");
  } finally {
    reader.kill("SIGTERM");
  }
  await expect(page.getByText("Nobody reads for this group now")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: /Delete group/ }).click();
  await page.getByRole("textbox", { name: "Name of the group" }).fill(group);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete group" }).click();
  await expect(page).toHaveURL("/clusters/onprem/groups");
  await page.getByRole("searchbox", { name: "Search groups or topics" }).fill(group);
  await expectNoRow(page, "Groups", group);
});

test("a share group shows its member and the lag that the broker tells, and is not reset here", async ({ page, request }) => {
  const [topic, group] = [uniqueTopic("jobs"), uniqueTopic("workers")];
  await createTopic(request, clusterId("cloud"), topic);
  const own = `/clusters/cloud/groups/${group}`;
  const reader = keepSharing("cloud", topic, group);
  try {
    const lags = `/kafka/v3/clusters/${clusterId("cloud")}/consumer-groups/${group}/lags`;
    await expect.poll(async () => (await request.get(lags)).status(), { timeout: 60_000 }).toBe(200);
    await page.goto(own);
    await expect(page.getByRole("heading", { level: 1, name: group })).toBeVisible();
    await expect(page.getByText("share group").first()).toBeVisible();
    await expect(page.getByText("Its members read, and share partitions among them.")).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("table", { name: "Members" })).toContainText(topic);
    produce("cloud", topic, records);
    await expect(await cell(page, "Partitions", "Log end", topic)).toHaveText("8");
    await expect(await cell(page, "Partitions", "Lag", topic)).toHaveText("0");
    await expectAccessible(page);
  } finally {
    reader.kill("SIGTERM");
  }
  await expect(page.getByText("EMPTY").first()).toBeVisible({ timeout: 60_000 });
  produce("cloud", topic, records.slice(0, 3));
  await expect(await cell(page, "Partitions", "Lag", topic)).toHaveText("3");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await expectFits(page);
  await page.goto(`${own}/reset`);
  await expect(page.getByText(/kafka-share-groups\.sh/).first()).toBeVisible();
});
