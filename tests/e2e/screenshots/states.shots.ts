import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { Gateway } from "../support/gateway.ts";
import { settled } from "../support/page.ts";
import { enlarge, silence } from "../support/scale.ts";
import { expect, test } from "../support/test.ts";

const folder = resolve(process.env.DRAWBRIDGE_SCREENSHOTS ?? "screenshots-out");
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const link = "/clusters/cloud/links/from-on-prem-link";
const orders = "/clusters/on-prem/topics/orders";

test.use({ serves: "demo", actionTimeout: 15_000 });
test.describe.configure({ timeout: 300_000 });
test.beforeAll(() => mkdirSync(folder, { recursive: true }));

/** In both sizes and themes; `before` brings it into its state in each size, Escape takes it back. */
async function shoot(page: Page, name: string, before?: () => Promise<void>): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await before?.();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    if (before !== undefined) await page.keyboard.press("Escape");
  }
}

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}

test("records", async ({ page }) => {
  await visit(page, `${orders}/messages?from=oldest`);
  const records = page.getByRole("table", { name: "Records" }).getByRole("rowheader");
  await expect(records.first()).toBeVisible();
  await shoot(page, "messages");
  await records.getByRole("link").first().click();
  await expect(page.getByRole("complementary", { name: "Record" })).toContainText("offset");
  await shoot(page, "messages-record");
  await page.goto(`${orders}/messages?cel=true&filter=valu.amount`);
  await expect(page.getByRole("alert")).toContainText("valu");
  await shoot(page, "messages-error");
  await visit(page, `${orders}/produce`);
  await shoot(page, "produce");
  await visit(page, `${link}/mirrors/orders/compare`);
  await shoot(page, "compare");
});

test("what opens", async ({ page }) => {
  const more = (item?: RegExp) => async () => {
    await page.getByRole("button", { name: "More" }).click();
    if (item !== undefined) await page.getByRole("menuitem", { name: item }).click();
  };
  await visit(page, "/clusters");
  await shoot(page, "palette", () => page.keyboard.press("Control+k"));
  await shoot(page, "keys", () => page.keyboard.press("?"));
  await visit(page, link);
  await shoot(page, "link-menu", more());
  await shoot(page, "link-delete", more(/^Delete link/));
  await visit(page, orders);
  await shoot(page, "topic-delete", more(/^Delete topic/));
  await shoot(page, "topic-purge", more(/^Delete records/));
  await shoot(page, "topic-partitions", () => page.getByRole("button", { name: "Add partitions…" }).click());
  await visit(page, "/access?cluster=cloud");
  await shoot(page, "user-new", () => page.getByRole("button", { name: "Create a user…" }).click());
});

test("verify, failover and after", async ({ page }) => {
  await visit(page, `${link}?tab=verify`);
  await page.getByRole("button", { name: "Start comparing" }).click();
  await expect(page.getByText(/Equal in all|differ/).first()).toBeVisible();
  await shoot(page, "verify-done");
  await visit(page, `${link}/failover?topics=orders`);
  await page.getByRole("textbox", { name: "Confirmation" }).fill("fail over 1 mirror");
  await page.getByRole("button", { name: /^Fail over 1 mirror/ }).click();
  await expect(page.getByText("1 of 1 mirror stopped")).toBeVisible();
  await shoot(page, "failover-done");
  await visit(page, `${link}/mirrors/orders`);
  await shoot(page, "mirror-stopped");
});

const lists = {
  topology: "/",
  links: "/links",
  mirrors: "/mirrors",
  groups: "/groups",
  topics: "/clusters/on-prem/topics",
  link,
  "link-mirrors": `${link}?tab=mirrors`,
};

test("ten thousand of everything", async ({ page }) => {
  await enlarge(page, 10_000);
  for (const [name, path] of Object.entries(lists)) {
    await visit(page, path);
    await shoot(page, `many-${name}`);
  }
});

test("while nothing has arrived", async ({ page }) => {
  await silence(page);
  for (const [name, path] of Object.entries({ ...lists, topic: orders, promote: `${link}/promote`, add: `${link}/add` })) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await shoot(page, `loading-${name}`);
  }
});

test("nothing there, and nothing that answers", async ({ page }) => {
  const place = mkdtempSync(join(tmpdir(), "drawbridge-shots-"));
  const empty = await Gateway.start(["serve", "--clusters-dir", join(place, "none")]);
  for (const name of ["", "links", "mirrors", "topics", "groups", "access", "activity", "clusters"]) {
    await visit(page, `${empty.url}/${name}`);
    await shoot(page, `empty-${name === "" ? "topology" : name}`);
  }
  await empty.stop();
  const file = join(place, "far.properties");
  writeFileSync(file, "bootstrap.servers=127.0.0.1:1\n");
  const down = await Gateway.start(["serve", "--clusters-dir", join(place, "some"), "--cluster", `far-away-production=${file}`]);
  const own = "/clusters/far-away-production";
  for (const [name, path] of Object.entries({ topology: "/", cluster: own, topics: `${own}/topics`, messages: `${own}/topics/orders/messages` })) {
    await page.goto(`${down.url}${path}`);
    await expect(page.getByText(/down|cannot be reached/).first()).toBeVisible();
    await shoot(page, `down-${name}`);
  }
  await down.stop();
});
