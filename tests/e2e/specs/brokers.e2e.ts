import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { type Embedded, startEmbedded } from "../support/embedded.ts";
import { Gateway } from "../support/gateway.ts";
import { clusterId, createTopic, produce, properties, uniqueTopic } from "../support/kafka.ts";
import { expectFits } from "../support/narrow.ts";
import { settled } from "../support/page.ts";
import { cell, expectNoRow, expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

const lacking = "Partitions that lack something";

/** Three brokers of the embedded cluster, called `trio`, behind a gateway of their own. */
async function withTrio(topics: number, work: (cluster: Embedded, url: string) => Promise<void>): Promise<void> {
  const cluster = await startEmbedded(topics, 3);
  const gateway = await Gateway.start(["serve", "--clusters-dir", `${cluster.file}.added`, "--cluster", `trio=${cluster.file}`]);
  try {
    await work(cluster, gateway.url);
  } finally {
    await gateway.stop();
    await cluster.stop();
  }
}

/** Narrow, wide, light and dark. */
async function expectFinished(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await expectFits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
}

test("brokers are listed with state, role, version and disks, and nothing is missing", async ({ page }) => {
  await page.goto("/clusters/onprem/brokers");
  await expectRow(page, "Brokers", /^Broker 1\s*active controller/, "up", /127\.0\.0\.1:\d+/);
  await expect(await cell(page, "Brokers", "Version", /^Broker 1/)).toHaveText(/^4\.\d/);
  await expect(await cell(page, "Brokers", "Free", /^Broker 1/)).toHaveText(/iB$/);
  await expect(page.getByRole("link", { name: /^Offline 0/ })).toBeVisible();
  await expect(page.getByText(/^Controllers: node 1 is active/)).toBeVisible();
  const elect = page.getByRole("button", { name: "Elect preferred leaders…" });
  await expect(elect).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("link", { name: /^Under min ISR/ }).click();
  await expect(page).toHaveURL(/\/partitions\?show=under-min-isr$/);
  await expect(page.getByRole("heading", { name: "Nothing is missing" })).toBeVisible();
});

test("a broker's page tells features and disks with the largest partitions", async ({ page, request }) => {
  const topic = uniqueTopic("large");
  await createTopic(request, clusterId("onprem"), topic, 2);
  produce("onprem", topic, ["x".repeat(50_000)]);
  await page.goto("/clusters/onprem/brokers/1");
  await expect(page.getByText("broker, and the active controller")).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: /^metadata\.version at \d+ · supports/ })).toBeVisible();
  await expectRow(page, "Log directories", /data$/, "works");
  await expectRow(page, "Largest partitions", `${topic}-0`);
  await page.getByRole("link", { name: `${topic}-1` }).click();
  await expect(page.getByRole("heading", { level: 1, name: topic })).toBeVisible();
});

const cleaners = /^log\.cleaner\.threads/;

/** Opens configurations, narrowed to the threads of the cleaner. */
async function openConfigs(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole("searchbox", { name: "Search configurations" }).fill("log.cleaner.threads");
  await expectRow(page, "Configurations", cleaners);
}

async function edit(page: Page, value: string): Promise<void> {
  await page.getByRole("button", { name: "Edit log.cleaner.threads", exact: true }).click();
  await page.getByRole("textbox", { name: "New value of log.cleaner.threads" }).fill(value);
  await page.getByRole("button", { name: "Review…" }).click();
}

test("a configuration is set for all brokers, then for one, with a look at what changes, and taken away", async ({ page, request }) => {
  const all = `/kafka/v3/clusters/${clusterId("onprem")}/broker-configs/log.cleaner.threads`;
  const dialog = page.getByRole("dialog", { name: "Review configuration changes" });
  await openConfigs(page, "/clusters/onprem/brokers?tab=defaults");
  await expect(row(page, "Configurations", cleaners)).toContainText("dynamic, cluster-wide");
  await edit(page, "2");
  await expectRow(page, "Configuration changes", "log.cleaner.threads", /^1/, /^2/);
  await expect(dialog.getByText("The broker accepts these changes")).toBeVisible();
  await dialog.getByRole("button", { name: "Apply 1 change" }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, "Configurations", cleaners)).toContainText("set on all brokers");
  expect(await (await request.get(all)).json()).toMatchObject({ value: "2", source: "DYNAMIC_DEFAULT_BROKER_CONFIG" });

  await openConfigs(page, "/clusters/onprem/brokers/1?tab=configs");
  await expect(row(page, "Configurations", cleaners)).toContainText("set on all brokers");
  await edit(page, "none");
  await expect(dialog.getByRole("alert")).toContainText("log.cleaner.threads");
  await expect(dialog.getByRole("button", { name: /^Apply/ })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("button", { name: "Back to editing" }).click();
  await page.getByRole("textbox", { name: "New value of log.cleaner.threads" }).fill("1");
  await page.getByRole("button", { name: "Review…" }).click();
  await dialog.getByRole("button", { name: "Apply 1 change" }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, "Configurations", cleaners)).toContainText("set on this broker");
  await openConfigs(page, "/clusters/onprem/brokers?tab=defaults");
  await expect(row(page, "Configurations", cleaners)).toContainText("broker 1 sets its own");

  for (const path of ["/clusters/onprem/brokers/1?tab=configs", "/clusters/onprem/brokers?tab=defaults"]) {
    await openConfigs(page, path);
    await page.getByRole("button", { name: "Reset log.cleaner.threads" }).click();
    await page.getByRole("button", { name: "Review…" }).click();
    await dialog.getByRole("button", { name: "Apply 1 change" }).click();
    await expect(dialog).toBeHidden();
  }
  await expect(row(page, "Configurations", cleaners)).toContainText("Kafka default");
  expect((await request.get(all)).status()).toBe(404);
});

test("what cannot be changed or must not be seen is said, and a change is in the activity", async ({ page, request }) => {
  await page.goto("/clusters/cloud/brokers/1?tab=configs");
  const search = page.getByRole("searchbox", { name: "Search configurations" });
  await search.fill("node.id");
  await expect(row(page, "Configurations", /^node\.id/)).toContainText("needs a restart");
  await expect(page.getByRole("button", { name: "Edit node.id", exact: true })).toHaveCount(0);
  await search.fill("keystore");
  await expect(row(page, "Configurations", /^ssl\.keystore\.password/)).toContainText("••••••");
  await expect(row(page, "Configurations", /^ssl\.keystore\.type/)).toContainText("as listener.name.LISTENER.ssl.keystore.type only");
  await search.fill("ssl.keystore.location");
  await expect(row(page, "Configurations", /^listener\.name\..*keystore\.location/).first()).toContainText("dynamic, per broker");
  const own = `/kafka/v3/clusters/${clusterId("onprem")}/broker-configs/max.connections`;
  expect((await request.put(own, { data: { value: "100000" } })).status()).toBe(204);
  expect((await request.delete(own)).status()).toBe(204);
  await page.goto("/activity?cluster=onprem");
  await expect(page.getByText("alter configs of all brokers").first()).toBeVisible();
});

test("a principal without rights reads which are missing", async ({ page }, info) => {
  const file = info.outputPath("alice.properties");
  writeFileSync(file, properties("onprem", "scram-alice"));
  const gateway = await Gateway.start(["serve", "--clusters-dir", info.outputPath("added"), "--cluster", `mine=${file}`]);
  try {
    await page.goto(`${gateway.url}/clusters/mine/brokers`);
    await expectRow(page, "Brokers", /^Broker 1/, "up");
    await expect(page.getByText(/Something is missing: .*Grant the principal DESCRIBE on the cluster/)).toBeVisible();
    await page.goto(`${gateway.url}/clusters/mine/brokers/1?tab=configs`);
    await expect(page.getByRole("alert").first()).toContainText("Grant the principal DESCRIBE_CONFIGS on the cluster");
  } finally {
    await gateway.stop();
  }
});

test("leaders go back to their places after a broker was away", async ({ page }) => {
  test.slow();
  await withTrio(6, async (cluster, url) => {
    await page.goto(`${url}/clusters/trio/brokers`);
    await expect(await cell(page, "Brokers", "Not in sync", /^Broker 2/)).toHaveText("0");
    await cluster.stopBroker(2);
    await expectRow(page, "Brokers", /^Broker 2/, "not there");
    await expect(page.getByRole("link", { name: /^Under-replicated 6/ })).toBeVisible();
    await expectFinished(page);
    await page.getByRole("link", { name: /^Leader not preferred 2/ }).click();
    await expect(page.getByRole("status").filter({ hasText: "2 partitions" })).toBeVisible();
    await expectRow(page, lacking, "topic-00001-0", /under-replicated.*not preferred/, /preferred 2/);
    await expectNoRow(page, lacking, "topic-00000-0");
    await expectFinished(page);
    await page.getByRole("button", { name: "Elect preferred leaders…" }).click();
    const dialog = page.getByRole("dialog", { name: "Elect preferred leaders" });
    await expectRow(page, "What would change", "topic-00001-0", "its preferred leader, broker 2, is down");
    await expect(dialog.getByRole("button", { name: /^Elect leaders/ })).toHaveAttribute("aria-disabled", "true");
    await dialog.getByRole("button", { name: "Cancel" }).click();

    await cluster.startBroker(2);
    await expect(row(page, lacking, "topic-00001-0")).not.toContainText("under-replicated");
    await page.getByRole("button", { name: "Elect preferred leaders…" }).click();
    await expect(dialog.getByText("2 partitions would get another leader.")).toBeVisible();
    await expect(dialog.getByText("Partitions led: broker 2 +2 · broker 3 -2")).toBeVisible();
    await expectFinished(page);
    await dialog.getByRole("button", { name: "Elect leaders of 2 partitions" }).click();
    await expect(dialog.getByRole("status")).toHaveText("2 leaders elected");
    await expectRow(page, "Result of the election", "topic-00004-0", "elected");
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("heading", { name: "Nothing is missing" })).toBeVisible();
  });
});

test("a partition whose replicas in sync are lost gets a leader only after its cost was read and the cluster's name typed", async ({ page }) => {
  test.slow();
  await withTrio(3, async (cluster, url) => {
    await page.goto(`${url}/clusters/trio/partitions?show=offline`);
    await expect(page.getByRole("heading", { name: "Nothing is missing" })).toBeVisible();
    for (const broker of [3, 2, 1]) await cluster.stopBroker(broker);
    await cluster.startBroker(2);
    await expectRow(page, lacking, "topic-00002-0", /offline/);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Elect leaders uncleanly…" }).click();
    const dialog = page.getByRole("dialog", { name: "Elect leaders uncleanly" });
    await expect(dialog.getByText("Records are lost.")).toBeVisible();
    await expectRow(page, "What would change", "topic-00000-0", "1", "2");
    const elect = dialog.getByRole("button", { name: "Elect leaders of 3 partitions, losing records" });
    await expect(elect).toHaveAttribute("aria-disabled", "true");
    await expectFinished(page);
    await dialog.getByRole("textbox", { name: "Name of the cluster" }).fill("trio");
    await elect.click();
    await expect(dialog.getByRole("status")).toHaveText("3 leaders elected");
    await dialog.getByRole("button", { name: "Done" }).click();
    await expectNoRow(page, lacking, "topic-00002-0");
  });
});

test("ten thousand partitions that lack something are listed and previewed with a hundred rows in the page", async ({ page }) => {
  test.slow();
  await withTrio(10_000, async (cluster, url) => {
    await cluster.stopBroker(2);
    await page.goto(`${url}/clusters/trio/partitions?show=under-replicated`);
    const table = page.getByRole("table", { name: lacking });
    await expect(table).toHaveAttribute("aria-rowcount", "10001");
    expect(await table.getByRole("row").count()).toBeLessThan(100);
    await page.getByRole("group", { name: /^Partitions that lack something: arrow keys/ }).focus();
    await page.keyboard.press("End");
    await expect(table.getByRole("link", { name: "topic-09999-0" })).toBeInViewport();
    await cluster.startBroker(2);
    await page.goto(`${url}/clusters/trio/brokers`);
    await expect(page.getByRole("link", { name: /^Leader not preferred 3,333/ })).toBeVisible();
    await page.getByRole("button", { name: "Elect preferred leaders…" }).click();
    const dialog = page.getByRole("dialog", { name: "Elect preferred leaders" });
    await expect(dialog.getByRole("table")).toHaveAttribute("aria-rowcount", "3334");
    expect(await dialog.getByRole("row").count()).toBeLessThan(100);
    await dialog.getByRole("button", { name: "Elect leaders of 3,333 partitions" }).click();
    await expect(dialog.getByRole("status")).toHaveText("3,333 leaders elected");
  });
});

test("a broker that the cluster does not have says so and leads back", async ({ page }) => {
  await page.goto("/clusters/onprem/brokers/77");
  await expect(page.getByRole("heading", { name: "Not there" })).toBeVisible();
  await page.getByRole("link", { name: "All brokers" }).click();
  await settled(page);
  await expectRow(page, "Brokers", /^Broker 1/);
});
