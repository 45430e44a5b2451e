import type { Page } from "@playwright/test";
import { clusterId, createTopic, uniqueTopic } from "../support/kafka.ts";
import { expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

/** Other names end with it too. */
const retention = /^retention\.ms/;

/** Opens the configurations of a topic, narrowed to those about retention. */
async function openConfigs(page: Page, topic: string): Promise<void> {
  await page.goto(`/clusters/onprem/topics/${topic}?tab=configs`);
  await page.getByRole("searchbox", { name: "Search configurations" }).fill("retention.ms");
  await expectRow(page, "Configurations", retention);
}

test("configurations show value, default, source and documentation", async ({ page, request }) => {
  const topic = uniqueTopic("configs");
  await createTopic(request, clusterId("onprem"), topic, 1, { "retention.ms": "3600000" });
  await openConfigs(page, topic);
  const config = row(page, "Configurations", retention);
  await expect(config.getByRole("cell").nth(0)).toContainText("3600000");
  await expect(config.getByRole("cell").nth(0)).toContainText(/1 h/);
  await expect(config.getByRole("cell").nth(1)).toContainText("604800000");
  await expect(config.getByRole("cell").nth(2)).toContainText(/topic/i);
  await config.getByText("retention.ms").first().click();
  await expect(config.getByText(/maximum time/i)).toBeVisible();
});

test("an edit is reviewed, checked by the broker and then applied", async ({ page, request }) => {
  const topic = uniqueTopic("edited");
  await createTopic(request, clusterId("onprem"), topic);
  await openConfigs(page, topic);
  await page.getByRole("button", { name: "Edit retention.ms", exact: true }).click();
  await page.getByRole("textbox", { name: "New value of retention.ms" }).fill("86400000");
  await expect(page.getByText("1 edit not applied yet")).toBeVisible();
  await page.getByRole("button", { name: "Review…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review configuration changes" });
  await expectRow(page, "Configuration changes", "retention.ms", /604800000/, /86400000/);
  await expect(dialog.getByText("The broker accepts these changes")).toBeVisible();
  await dialog.getByRole("button", { name: "Apply 1 change" }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, "Configurations", retention).getByRole("cell").first()).toContainText("86400000");
  const answer = await request.get(
    `/kafka/v3/clusters/${clusterId("onprem")}/topics/${topic}/configs/retention.ms`,
  );
  expect(await answer.json()).toMatchObject({ value: "86400000", is_default: false });
});

test("a value the broker refuses cannot be applied, and the broker's words are shown", async ({ page, request }) => {
  const topic = uniqueTopic("refused");
  await createTopic(request, clusterId("onprem"), topic);
  await openConfigs(page, topic);
  await page.getByRole("button", { name: "Edit retention.ms", exact: true }).click();
  await page.getByRole("textbox", { name: "New value of retention.ms" }).fill("soon");
  await page.getByRole("button", { name: "Review…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review configuration changes" });
  await expect(dialog.getByRole("alert")).toContainText("retention.ms");
  await expect(dialog.getByRole("button", { name: /^Apply/ })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("button", { name: "Back to editing" }).click();
  await expect(page.getByText("1 edit not applied yet")).toBeVisible();
});

test("a change made by somebody else meanwhile is not overwritten unasked", async ({ page, request }) => {
  const topic = uniqueTopic("conflict");
  await createTopic(request, clusterId("onprem"), topic);
  await openConfigs(page, topic);
  await page.getByRole("button", { name: "Edit retention.ms", exact: true }).click();
  await page.getByRole("textbox", { name: "New value of retention.ms" }).fill("1000");
  const other = await request.put(
    `/kafka/v3/clusters/${clusterId("onprem")}/topics/${topic}/configs/retention.ms`,
    { data: { value: "2000" } },
  );
  expect(other.ok(), await other.text()).toBe(true);
  await page.getByRole("button", { name: "Review…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review configuration changes" });
  await expect(dialog.getByText("Somebody changed values marked below since you looked at them.")).toBeVisible();
  const apply = dialog.getByRole("button", { name: "Apply 1 change" });
  await expect(apply).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("checkbox", { name: "Overwrite them with mine" }).check();
  await apply.click();
  await expect(row(page, "Configurations", retention).getByRole("cell").first()).toContainText("1000");
});

test("a configuration goes back to the cluster's default", async ({ page, request }) => {
  const topic = uniqueTopic("reset");
  await createTopic(request, clusterId("onprem"), topic, 1, { "retention.ms": "5000" });
  await openConfigs(page, topic);
  await page.getByRole("button", { name: "Reset retention.ms", exact: true }).click();
  await page.getByRole("button", { name: "Review…" }).click();
  const dialog = page.getByRole("dialog", { name: "Review configuration changes" });
  await dialog.getByRole("button", { name: "Apply 1 change" }).click();
  await expect(row(page, "Configurations", retention).getByRole("cell").first()).toContainText("604800000");
});
