// What the configuration denies: every button for it is disabled and says why, and everything is shown as before.

import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { Gateway } from "../support/gateway.ts";
import { settled } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "demo" });

const KINDS = ["cluster.*", "topic.*", "records.*", "group.*", "user.*", "acl.*", "mirror.*", "link.alter", "link.pause", "link.delete"];
const LINK = "/clusters/cloud/links/from-on-prem-link";

let guarded: Gateway;
let looking: Gateway;

test.beforeAll(async () => {
  // The demo makes its links itself; nobody else may make one.
  const rules = [...KINDS, "on-prem:link.create"];
  guarded = await Gateway.start(["demo", ...rules.flatMap((rule) => ["--deny", rule])]);
  looking = await Gateway.start(["demo", "--read-only", "cloud"]);
});

test.afterAll(async () => {
  await guarded.stop();
  await looking.stop();
});

async function open(page: Page, gateway: Gateway, path: string): Promise<void> {
  await page.goto(`${gateway.url}${path}`);
  await settled(page);
}

/** It is there, cannot be used, says why to everybody, and does nothing when it is clicked. */
async function expectDenied(page: Page, control: Locator, setting: string): Promise<void> {
  await expect(control).toBeVisible();
  await expect(control).toHaveAttribute("aria-disabled", "true");
  await expect(control).toHaveAccessibleDescription(new RegExp(`switched off .*\\(${setting.replace(/[.*]/g, "\\$&")}\\)`));
  const before = page.url();
  // Somebody who clicks all the same: the test does not wait until it may.
  await control.click({ force: true });
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(page.url()).toBe(before);
}

test("a topic's page shows everything and its actions say which setting denies them", async ({ page }) => {
  await open(page, guarded, "/clusters/on-prem/topics/orders");
  await expect(page.getByRole("row").nth(3)).toBeVisible();
  await expectDenied(page, page.getByRole("button", { name: "Add partitions…" }), "deny: topic.*");
  await page.getByRole("button", { name: "More" }).click();
  for (const name of [/^Delete records…/, /^Delete topic…/]) {
    const item = page.getByRole("menuitem", { name });
    await expect(item).toHaveAttribute("aria-disabled", "true");
    await expect(item).toContainText("(deny: topic.*)");
  }
  await open(page, guarded, "/clusters/on-prem/topics/orders?tab=configs");
  const edit = page.getByRole("button", { name: "Edit retention.ms" });
  await expectDenied(page, edit, "deny: topic.*");
  await open(page, guarded, "/clusters/on-prem/topics/orders/produce");
  await expectDenied(page, page.getByRole("button", { name: /^Produce 1/ }), "deny: records.*");
});

test("what is created is denied on the list and in the form", async ({ page }) => {
  await open(page, guarded, "/clusters/on-prem/topics");
  await expect(page.getByRole("link", { name: "orders", exact: true })).toBeVisible();
  await expectDenied(page, page.getByRole("link", { name: "Create topic" }), "deny: topic.*");
  await open(page, guarded, "/clusters/on-prem/topics/new");
  await expectDenied(page, page.getByRole("button", { name: "Create topic" }), "deny: topic.*");
  await open(page, guarded, "/clusters");
  await expectDenied(page, page.getByRole("link", { name: "Add a cluster…" }), "deny: cluster.*");
  await open(page, guarded, "/access?cluster=cloud");
  const users = page.getByRole("button", { name: "Create a user…" });
  await expectDenied(page, users, "deny: user.*");
});

test("a link goes on, and nobody may act on it; a failover still shows what would be lost", async ({ page }) => {
  await open(page, guarded, LINK);
  await expect(page.getByText("ACTIVE", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("row", { name: /orders/ }).first()).toBeVisible();
  await expectDenied(page, page.getByRole("link", { name: "Promote…" }), "deny: mirror.*");
  await expectDenied(page, page.getByRole("link", { name: "Add mirrors…" }), "deny: mirror.*");
  await expectDenied(page, page.getByRole("button", { name: "Pause" }), "deny: link.pause");
  await page.getByRole("button", { name: "More" }).click();
  const settings = { "Rotate credentials…": "link.alter", "Fail over all mirrors…": "mirror.*", "Delete link…": "link.delete" };
  for (const [name, rule] of Object.entries(settings)) {
    const item = page.getByRole("menuitem", { name: new RegExp(`^${name}`) });
    await expect(item).toHaveAttribute("aria-disabled", "true");
    await expect(item).toContainText(`(deny: ${rule})`);
  }
  await open(page, guarded, `${LINK}/failover`);
  await expect(page.getByRole("row", { name: /orders/ }).first()).toBeVisible();
  await expectDenied(page, page.getByRole("button", { name: /^Fail over \d+ mirrors/i }), "deny: mirror.*");
  await expectAccessible(page);
});

test("REST refuses with the setting that the console names", async ({ page }) => {
  const clusters = await (await page.request.get(`${guarded.url}/kafka/v3/clusters`)).json();
  const id = clusters.data[0].cluster_id as string;
  const answer = await page.request.delete(`${guarded.url}/kafka/v3/clusters/${id}/topics/orders`);
  expect(answer.status()).toBe(403);
  expect((await answer.json()).message).toContain("(deny: topic.*)");
});

test("a read-only cluster is marked, and its links are not run", async ({ page }) => {
  await open(page, looking, "/clusters");
  const row = page.getByRole("row", { name: /cloud/ }).first();
  await expect(row.getByText("read-only")).toBeVisible();
  await expect(page.getByRole("row", { name: /on-prem/ }).first().getByText("read-only")).toHaveCount(0);
  await open(page, looking, "/clusters/cloud");
  await expect(page.getByText("every change: the cluster is read-only in this gateway")).toBeVisible();
  await open(page, looking, "/clusters/cloud/topics");
  await expectDenied(page, page.getByRole("link", { name: "Create topic" }), "clusters.cloud.read_only");
  await expectAccessible(page);
});
