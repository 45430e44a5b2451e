import { type APIRequestContext, type Page } from "@playwright/test";
import { Gateway } from "../support/gateway.ts";
import { bothAnswer, clusterId, createTopic, serveBoth, uniqueTopic } from "../support/kafka.ts";
import { Registry, framed } from "../support/registry.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

const order = {
  type: "record",
  name: "shop.Order",
  fields: [
    { name: "id", type: "long" },
    { name: "city", type: "string" },
    { name: "total", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
  ],
};

/** An order with the id 9007199254740993, a city of four letters and a total of 12.50. */
const good = (city: string): number[] => [
  ...[0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
  ...[8, ...Buffer.from(city)],
  ...[4, 0x04, 0xe2],
];

async function write(request: APIRequestContext, topic: string, values: readonly Buffer[]): Promise<void> {
  for (const value of values) {
    const answer = await request.post(`/kafka/v3/clusters/${clusterId("onprem")}/topics/${topic}/records`, {
      data: { key: { type: "STRING", data: "k" }, value: { type: "BINARY", data: value.toString("base64") } },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }
}

let registry: Registry;
let gateway: Gateway;

test.beforeAll(async () => {
  registry = await Registry.start();
  registry.put(7, "orders-value", order);
  gateway = await Gateway.start([...serveBoth(), "--schema-registry", `onprem=${registry.url}`]);
  await bothAnswer(gateway);
});

test.afterAll(async () => {
  await gateway.stop();
  await registry.stop();
});

async function open(page: Page, topic: string, query = ""): Promise<void> {
  await page.goto(`${gateway.url}/clusters/onprem/topics/${topic}/messages?from=oldest${query}`);
}

test("a value is decoded by its schema, shown with it, filtered and put into columns", async ({ page, request }) => {
  const topic = uniqueTopic("orders");
  await createTopic(request, clusterId("onprem"), topic);
  await write(request, topic, [framed(7, good("Bern")), framed(7, good("Genf"))]);
  await open(page, topic);
  const table = page.getByRole("table", { name: "Records" });
  await expect(table).toContainText('{"id":9007199254740993,"city":"Bern","total":12.50}');
  await page.getByText("Columns", { exact: true }).click();
  const choice = page.getByRole("group", { name: "Columns" });
  await choice.getByRole("checkbox", { name: "Schema" }).check();
  await choice.getByRole("checkbox", { name: "Value" }).uncheck();
  await choice.getByRole("textbox", { name: "Path into the value" }).fill("total");
  await choice.getByRole("button", { name: "Add" }).click();
  await expect(table.getByRole("columnheader", { name: "$.total" })).toBeVisible();
  await expect(table).toContainText("7 · Avro · orders-value v2");
  await expect(table).toContainText("12.50");
  await page.keyboard.press("Escape");
  const filter = page.getByRole("searchbox", { name: "Filter" });
  await page.getByRole("checkbox", { name: "CEL" }).check();
  await filter.fill("value.city == 'Genf'");
  await filter.press("Enter");
  await expect(table.getByRole("rowheader")).toHaveText(["1"]);
  await page.reload();
  await expect(table.getByRole("rowheader")).toHaveText(["1"]);
  await expect(table.getByRole("columnheader", { name: "$.total" })).toBeVisible();
  await table.getByRole("link", { name: "1" }).click();
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record).toContainText("schema id 7 · Avro · orders-value v2 · shop.Order");
  const tree = record.getByRole("group", { name: "Value as JSON" });
  await expect(tree).toContainText('"id": 9007199254740993,');
  await tree.locator("summary").first().click();
  await expect(tree).toContainText("… 3 }");
  await expect(tree).not.toContainText("9007199254740993");
});

test("an unknown schema and poison are told, and the rows between them are decoded", async ({ page, request }) => {
  const topic = uniqueTopic("poison");
  await createTopic(request, clusterId("onprem"), topic);
  await write(request, topic, [framed(99, [1, 2, 3, 4]), framed(7, good("Bern")), framed(7, [2, 200, 1, 0])]);
  await open(page, topic);
  const table = page.getByRole("table", { name: "Records" });
  await expect(table.getByRole("rowheader")).toHaveText(["0", "1", "2"]);
  await expect(table).toContainText('"city":"Bern"');
  await expect(page.getByText("2 records are not decoded")).toBeVisible();
  await table.getByRole("link", { name: "0" }).click();
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record).toContainText(`the schema registry ${registry.url} has no schema 99`);
  await record.getByRole("button", { name: "Close the record" }).click();
  await table.getByRole("link", { name: "2" }).click();
  await expect(record).toContainText("the bytes are not of schema 7 (orders-value version 2)");
  await page.getByRole("combobox", { name: "Show values as" }).selectOption({ label: "Hex" });
  await expect(table).toContainText("00 00 00 00 63 01 02 03 04");
  await expect(page.getByText("records are not decoded")).toHaveCount(0);
});

test("a registry that is down costs no search, and what is known stays decoded", async ({ page, request }) => {
  const topic = uniqueTopic("down");
  await createTopic(request, clusterId("onprem"), topic);
  await write(request, topic, [framed(7, good("Bern")), framed(8, good("Genf"))]);
  const other = await Gateway.start([...serveBoth(), "--schema-registry", "onprem=http://127.0.0.1:9"]);
  await bothAnswer(other);
  await page.goto(`${other.url}/clusters/onprem/topics/${topic}/messages?from=oldest`);
  const table = page.getByRole("table", { name: "Records" });
  await expect(table.getByRole("rowheader")).toHaveText(["0", "1"]);
  await expect(page.getByText("the schema registry http://127.0.0.1:9 cannot be reached")).toBeVisible();
  await other.stop();
});

test("rows of a small screen say partition and offset", async ({ page, request }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const topic = uniqueTopic("narrow");
  await createTopic(request, clusterId("onprem"), topic);
  await write(request, topic, [framed(7, good("Bern"))]);
  await open(page, topic);
  const row = page.getByRole("table", { name: "Records" }).getByRole("row").nth(1);
  await expect(row.getByRole("link", { name: "0" })).toBeVisible();
  await expect(row.getByText("partition 0")).toBeVisible();
});
