import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { clusterId, createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { createLink, createMirror, dropLink, idOf, wayTo } from "../support/links.ts";
import { expectFits } from "../support/narrow.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

test("a record is written as typed, opened, and sent again to another cluster", async ({ page, request }) => {
  const topic = uniqueTopic("produced");
  await createTopic(request, clusterId("onprem"), topic, 2);
  await createTopic(request, clusterId("cloud"), topic, 1);
  await page.goto(`/clusters/onprem/topics/${topic}/produce`);
  await page.getByRole("textbox", { name: "Key" }).fill("customer-7");
  await page.getByRole("combobox", { name: "Value is" }).selectOption("json");
  await page.getByRole("textbox", { name: "Value", exact: true }).fill('{"id": 9007199254740993');
  await page.getByRole("combobox", { name: "Partition" }).selectOption("1");
  await page.getByRole("button", { name: "Add a header" }).click();
  await page.getByRole("textbox", { name: "Name of header 1" }).fill("trace");
  await page.getByRole("textbox", { name: "Value of header 1" }).fill("abc");
  await page.getByRole("button", { name: "Produce 1 record" }).click();
  await expect(page.getByText("This is no JSON", { exact: false }).first()).toBeVisible();
  await page.getByRole("textbox", { name: "Value", exact: true }).fill('{"id": 9007199254740993}');
  await page.getByRole("button", { name: "Produce 1 record" }).click();
  const written = page.getByRole("list", { name: "Written records" });
  await expect(written).toContainText("Partition 1 · offset 0");
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectFits(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await written.getByRole("link").click();
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record).toContainText("9007199254740993");
  await record.getByRole("link", { name: "Send again…" }).click();
  await expect(page.getByRole("textbox", { name: "Value", exact: true })).toHaveValue('{"id": 9007199254740993}');
  await expect(page.getByRole("textbox", { name: "Value of header 1" })).toHaveValue("abc");
  await page.getByRole("combobox", { name: "To cluster" }).selectOption("cloud");
  await page.getByRole("button", { name: "Produce 1 record" }).click();
  await expect(written).toContainText(`Partition 0 · offset 0${topic} on cloud`);

  await page.goto(`/activity?cluster=cloud&topic=${topic}`);
  await expect(page.getByText(`produce 1 record to topic '${topic}'`)).toBeVisible();
});

test("several tombstones are written at once", async ({ page, request }) => {
  const topic = uniqueTopic("tombs");
  await createTopic(request, clusterId("onprem"), topic, 1);
  await page.goto(`/clusters/onprem/topics/${topic}/produce`);
  await page.getByRole("textbox", { name: "Key" }).fill("k");
  await page.getByRole("checkbox", { name: "Tombstone" }).check();
  await page.getByRole("textbox", { name: "How many" }).fill("3");
  await page.getByRole("combobox", { name: "Compression" }).selectOption("lz4");
  await page.getByRole("button", { name: "Produce 3 tombstones" }).click();
  await expect(page.getByText("3 records written")).toBeVisible();
  await page.getByRole("textbox", { name: "How many" }).fill("150");
  await page.getByRole("button", { name: "Produce 150 tombstones" }).click();
  await expect(page.getByText("153 records written · 100 of them listed")).toBeVisible();
  await expect(page.getByRole("list", { name: "Written records" }).getByRole("listitem")).toHaveCount(100);
});

test("nothing is written to a mirror, and the page says why", async ({ page, request }) => {
  const [link, topic] = [uniqueTopic("sealed-link"), uniqueTopic("sealed")];
  const to = idOf("onprem");
  await createTopic(request, idOf("cloud"), topic);
  produce("cloud", topic, ["1"]);
  try {
    await createLink(request, to, link, wayTo("cloud"));
    await createMirror(request, to, link, topic);
    await page.goto(`/clusters/onprem/topics/${topic}/produce`);
    await expect(page.getByText(`is a mirror of link ${link}`)).toBeVisible();
    const refused = await request.post(`/kafka/v3/clusters/${to}/topics/${topic}/records`, {
      data: { value: { type: "STRING", data: "x" } },
    });
    expect(refused.status()).toBe(403);
    expect(await refused.text()).toContain("is a mirror of link");
  } finally {
    await dropLink(request, to, link);
  }
});

test("all that a search finds is exported to a file, and the file is imported after a look at it", async ({ page, request }) => {
  const [from, to] = [uniqueTopic("exported"), uniqueTopic("imported")];
  await createTopic(request, clusterId("onprem"), from, 2);
  await createTopic(request, clusterId("cloud"), to, 2);
  produce("onprem", from, ['{"n":1,"id":9007199254740993}', '{"n":2}', "plain"]);
  await page.goto(`/clusters/onprem/topics/${from}/messages?filter=n`);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "JSON Lines" }).click();
  const file = await (await download).path();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ export: { end: "complete", records: 3, scanned: 3, filter_errors: 0 } });
  expect(lines.some((line) => line.includes('"value":{"n":1,"id":9007199254740993}'))).toBe(true);

  await page.goto(`/clusters/cloud/topics/${to}/produce`);
  const text = `${lines.join("\n")}\nno record\n`;
  await page.getByLabel("File of JSON Lines").setInputFiles({ name: "records.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
  await expect(page.getByText("1 line left out:")).toBeVisible();
  await expect(page.getByText("Line 5: it is no record")).toBeVisible();
  await page.getByRole("button", { name: "Import 3 records" }).click();
  await expect(page.getByText("3 of 3 records written")).toBeVisible();
  await page.goto(`/clusters/cloud/topics/${to}/messages`);
  await expect(page.getByRole("table", { name: "Records" }).getByRole("rowheader")).toHaveCount(3);
});

const lines = (n: number) => Array.from({ length: n }, (_, at) => `{"partition":0,"offset":${at},"timestamp":${at},"value":${at}}\n`).join("");
const file = (name: string, n: number) => ({ name, mimeType: "application/x-ndjson", buffer: Buffer.from(lines(n)) });

/** Keeps requests to import that match from the gateway until they are let go. */
async function hold(page: Page, url: RegExp): Promise<{ letGo: () => void; asked: () => number }> {
  let asked = 0;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(url, async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  return { letGo, asked: () => asked };
}

test("while an import writes nothing else can be begun, and it can still be stopped", async ({ page, request }) => {
  const topic = uniqueTopic("written-once");
  await createTopic(request, clusterId("cloud"), topic, 1);
  const writing = await hold(page, new RegExp(`/import/cloud/${topic}(\\?(?!.*validate_only).*)?$`));
  await page.goto(`/clusters/cloud/topics/${topic}/produce`);
  const chosen = page.getByLabel("File of JSON Lines");
  const keep = page.getByRole("checkbox", { name: "Into the partitions they were in" });
  await chosen.setInputFiles(file("records.jsonl", 3));
  await page.getByRole("button", { name: "Import 3 records" }).click();
  await expect(page.getByText("Writing 3 records …")).toBeVisible();
  await expect(chosen).toBeDisabled();
  await expect(keep).toBeDisabled();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Import / })).toHaveCount(0);
  writing.letGo();
  await expect(page.getByText("3 of 3 records written")).toBeVisible();
  await expect(keep).toBeEnabled();
  expect(writing.asked()).toBe(1);
});

test("a late look at a file says nothing about the file that was chosen since", async ({ page, request }) => {
  const topic = uniqueTopic("looked-at");
  await createTopic(request, clusterId("cloud"), topic, 1);
  await page.goto(`/clusters/cloud/topics/${topic}/produce`);
  const look = await hold(page, new RegExp(`/import/cloud/${topic}\\?`));
  const chosen = page.getByLabel("File of JSON Lines");
  await chosen.setInputFiles(file("large.jsonl", 5));
  await expect(page.getByText("Looking at the file …")).toBeVisible();
  await expect.poll(look.asked).toBe(1);
  const givenUp = page.waitForEvent("requestfailed", (failed) => failed.url().includes(topic));
  await chosen.setInputFiles(file("small.jsonl", 2));
  await givenUp;
  look.letGo();
  await expect(page.getByRole("button", { name: "Import 2 records" })).toBeVisible();
  await expect(page.getByText("ended before its end")).toHaveCount(0);
});

test("a look at a file that was stopped can be begun again", async ({ page, request }) => {
  const topic = uniqueTopic("stopped");
  await createTopic(request, clusterId("cloud"), topic, 1);
  await page.goto(`/clusters/cloud/topics/${topic}/produce`);
  const look = await hold(page, new RegExp(`/import/cloud/${topic}\\?`));
  await page.getByLabel("File of JSON Lines").setInputFiles(file("records.jsonl", 4));
  await expect.poll(look.asked).toBe(1);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("The look at the file ended before its end")).toBeVisible();
  look.letGo();
  await page.getByRole("button", { name: "Look at the file again" }).click();
  await expect(page.getByRole("button", { name: "Import 4 records" })).toBeVisible();
});

test("Send again can be left before the record has come", async ({ page, request }) => {
  const topic = uniqueTopic("left");
  await createTopic(request, clusterId("onprem"), topic, 1);
  const data = { value: { type: "STRING", data: "x" }, headers: [{ name: "trace", value: "YWJj" }] };
  const written = await request.post(`/kafka/v3/clusters/${clusterId("onprem")}/topics/${topic}/records`, { data });
  expect(written.ok(), await written.text()).toBe(true);
  let answer = () => {};
  let isHeld = () => {};
  const held = new Promise<void>((resolve) => (isHeld = resolve));
  await page.routeWebSocket(/\/ws$/, (ours) => {
    const gateway = ours.connectToServer();
    gateway.onMessage((message) => {
      const text = String(message);
      if (!text.startsWith('{"reply"') || !text.includes('"record":') || !text.includes("trace")) return ours.send(message);
      answer = () => ours.send(message);
      isHeld();
    });
  });
  await page.goto(`/clusters/onprem/topics/${topic}/produce?of=onprem/${topic}/0/0`);
  await held;
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Groups" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Groups" })).toBeVisible();
  answer();
  // A page that broke would not follow any more.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Clusters" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Clusters" })).toBeVisible();
});
