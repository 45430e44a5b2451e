import { clusterId, createTopic, uniqueTopic } from "../support/kafka.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

test("a topic is created with what was typed", async ({ page }) => {
  const topic = uniqueTopic("created");
  await page.goto("/clusters/onprem/topics");
  await page.getByRole("link", { name: "Create topic" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill(topic);
  await page.getByRole("textbox", { name: "Partitions" }).fill("4");
  await page.getByRole("button", { name: /^Create/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: topic })).toBeVisible();
  await expect(page.getByRole("table", { name: "Partitions" }).getByRole("rowheader")).toHaveCount(4);
});

test("a name that Kafka refuses is marked at its field before anything is sent", async ({ page }) => {
  await page.goto("/clusters/onprem/topics/new");
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("not a topic");
  await name.blur();
  await expect(name).toHaveAttribute("aria-invalid", "true");
});

test("a topic that exists is refused with the broker's reason", async ({ page, request }) => {
  const topic = uniqueTopic("twice");
  await createTopic(request, clusterId("onprem"), topic);
  await page.goto("/clusters/onprem/topics/new");
  await page.getByRole("textbox", { name: "Name" }).fill(topic);
  await page.getByRole("button", { name: /^Create/ }).click();
  await expect(page.getByText(/already exists/i).first()).toBeVisible();
});
