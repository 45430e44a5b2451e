import { clusterId, createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

test("records are found, filtered, opened and linked to", async ({ page, request }) => {
  const topic = uniqueTopic("browsed");
  await createTopic(request, clusterId("onprem"), topic, 1);
  const lines = Array.from({ length: 40 }, (_, n) => `{"n":${n},"id":9007199254740993}`);
  produce("onprem", topic, lines);
  await page.goto(`/clusters/onprem/topics/${topic}`);
  await page.getByRole("link", { name: "Messages" }).click();
  const table = page.getByRole("table", { name: "Records" });
  await expect(table.getByRole("rowheader").first()).toHaveText("39");
  await page.getByRole("combobox", { name: "Where from" }).selectOption({ label: "Oldest first" });
  await expect(table.getByRole("rowheader").first()).toHaveText("0");

  const filter = page.getByRole("searchbox", { name: "Filter" });
  await filter.fill('"n":7,');
  await filter.press("Enter");
  await expect(table.getByRole("rowheader")).toHaveCount(1);
  await table.getByRole("link", { name: "7" }).click();
  const record = page.getByRole("complementary", { name: "Record" });
  const tree = record.getByRole("group", { name: "Value as JSON" });
  await expect(tree).toHaveText('{"n": 7,"id": 9007199254740993}');
  await page.reload();
  await expect(table.getByRole("rowheader")).toHaveCount(1);
  await expect(tree).toContainText('"n": 7');
  await record.getByRole("button", { name: "Offset after" }).click();
  await expect(tree).toContainText('"n": 8');
});

test("a wrong expression is told with its place, and a right one finds", async ({ page, request }) => {
  const topic = uniqueTopic("expressed");
  await createTopic(request, clusterId("onprem"), topic, 2);
  produce("onprem", topic, ['{"amount":5}', '{"amount":500}', "no json"]);
  await page.goto(`/clusters/onprem/topics/${topic}/messages?cel=true&filter=valu.amount`);
  await expect(page.getByRole("alert")).toContainText("line 1, column 1: there is no 'valu'");
  const filter = page.getByRole("searchbox", { name: "Filter" });
  await filter.fill("value.amount > 100");
  await filter.press("Enter");
  const table = page.getByRole("table", { name: "Records" });
  await expect(table.getByRole("rowheader")).toHaveCount(1);
  await expect(table).toContainText("500");
  await expect(page.getByText("The filter failed, first at")).toBeVisible();
});

test("a live search shows what is written", async ({ page, request }) => {
  const topic = uniqueTopic("live");
  await createTopic(request, clusterId("onprem"), topic, 1);
  await page.goto(`/clusters/onprem/topics/${topic}/messages?live=true`);
  await expect(page.getByText(/^Searching · 0 records/)).toBeVisible();
  produce("onprem", topic, ["one", "two"]);
  const table = page.getByRole("table", { name: "Records" });
  await expect(table.getByRole("rowheader")).toHaveText(["1", "0"]);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
});
