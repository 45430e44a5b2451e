import { clusterId } from "../support/kafka.ts";
import { cell, expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

test("all clusters are listed with state, version and Kafka's own id", async ({ page }) => {
  await page.goto("/clusters");
  for (const name of ["onprem", "cloud"] as const) {
    const named = new RegExp(`^${name}`);
    await expect(row(page, "Clusters", named).getByRole("rowheader")).toContainText(clusterId(name));
    await expect(await cell(page, "Clusters", "State", named)).toContainText("healthy");
    await expect(await cell(page, "Clusters", "Version", named)).toHaveText(/^4\.\d/);
    await expect(await cell(page, "Clusters", "Brokers", named)).toHaveText("1");
    await expect(await cell(page, "Clusters", "Latency", named)).toHaveText(/\d (ms|µs)$/);
  }
});

test("a cluster's page tells its brokers and how it is reached, without a secret", async ({ page }) => {
  await page.goto("/clusters/cloud");
  await expect(page.getByRole("heading", { level: 1, name: "cloud" })).toBeVisible();
  await expectRow(page, "Brokers", /controller/, "answers", /127\.0\.0\.1:\d+/);
  await expect(page.getByText("SASL_SSL", { exact: false }).first()).toBeVisible();
  expect(await page.content()).not.toContain("admin-secret");
});

test("a cluster's page leads to a broker's configurations, and so does the link they had before", async ({ page }) => {
  await page.goto("/clusters/onprem");
  await page.getByRole("link", { name: /^Configurations of broker/ }).click();
  await expect(page).toHaveURL(/\/clusters\/onprem\/brokers\/1\?tab=configs$/);
  await page.goto("/clusters/onprem?broker=1");
  await expect(page.getByRole("heading", { level: 1, name: "Broker 1" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search configurations" }).fill("num.partitions");
  await expectRow(page, "Configurations", /^num\.partitions/);
});

test("a known cluster's connection can be tested step by step", async ({ page }) => {
  await page.goto("/clusters/cloud");
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(page.getByText("The connection works")).toBeVisible();
  for (const step of ["Properties", "TCP", "TLS", "SASL", "Authorisation", "Brokers"]) {
    await expect(page.getByRole("listitem").filter({ hasText: new RegExp(`^${step} passed`) })).not.toHaveCount(0);
  }
});

test("a cluster named when the gateway started cannot be removed here", async ({ page }) => {
  await page.goto("/clusters/onprem");
  await expect(page.getByRole("button", { name: "Test connection" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Remove cluster…" })).toHaveCount(0);
});

test("a cluster the gateway does not know says so and leads back", async ({ page }) => {
  await page.goto("/clusters/nowhere");
  await expect(page.getByRole("heading", { name: "Not there" })).toBeVisible();
  await page.getByRole("link", { name: "Go to the clusters" }).click();
  await expectRow(page, "Clusters", /^onprem/);
});
