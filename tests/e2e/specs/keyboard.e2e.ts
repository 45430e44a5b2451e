// Everything without a mouse: what is reached, what Enter and Space do, where the focus is afterwards.

import type { Locator, Page } from "@playwright/test";
import { settled } from "../support/page.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "demo" });

const link = "/clusters/cloud/links/from-on-prem-link";

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}

/** Presses Tab until this has the focus; it has to come within so many steps. */
async function tabTo(page: Page, wanted: Locator, steps = 60): Promise<void> {
  await expect(wanted).toBeVisible();
  const has = () => wanted.evaluate((element) => element === document.activeElement);
  for (let step = 0; step < steps && !(await has()); step += 1) await page.keyboard.press("Tab");
  await expect(wanted).toBeFocused();
}

/** Tab goes round inside of it and never gets behind it. */
async function expectTrapped(page: Page, dialog: Locator): Promise<void> {
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    // Chromium puts its own window into the round, where the page has no focused element.
    const where = await dialog.evaluate((own) => own.contains(document.activeElement) || document.activeElement === document.body);
    expect(where, `the focus after ${step + 1} tabs`).toBe(true);
  }
}

test("the map is walked by Tab: clusters and links are reached, Enter opens one, and Back returns to it", async ({ page }) => {
  await open(page, "/");
  const map = page.getByRole("region", { name: "Map" });
  const cluster = map.getByRole("link", { name: /^on-prem/ }).first();
  const edge = map.getByRole("link", { name: /from-on-prem-link/ }).first();
  await tabTo(page, cluster);
  await tabTo(page, edge);
  await expect(edge).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "from-on-prem-link" })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeVisible();
  // The page has more than one link to it; the first that is there takes the focus.
  await expect(page.locator("main a:focus")).toHaveAttribute("href", link);
  await tabTo(page, cluster);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "on-prem" })).toBeFocused();
});

test("a link's tabs are reached and opened by keyboard, and stay after a reload", async ({ page }) => {
  await open(page, link);
  const tabs = page.getByRole("navigation", { name: /^Parts of / });
  for (const [name, word] of [["Mirrors", "mirrors"], ["Groups", "groups"], ["Verify", "verify"], ["Configs", "configs"]] as const) {
    const tab = tabs.getByRole("link", { name: new RegExp(`^${name}`) });
    await tabTo(page, tab);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`tab=${word}`));
    await expect(tab).toHaveAttribute("aria-current", "page");
    // The focus stays on the tab: the next is one step away.
    await expect(tab).toBeFocused();
  }
  await page.reload();
  await settled(page);
  await expect(tabs.getByRole("link", { name: /^Configs/ })).toHaveAttribute("aria-current", "page");
});

test("mirrors are ticked with the arrow keys and Space, and promoted by what is in the bar", async ({ page }) => {
  // By name, since the order by trouble changes while data moves.
  await open(page, `${link}?tab=mirrors&sort=topic`);
  const table = page.getByRole("group", { name: /^Mirror topics: arrow keys/ });
  await tabTo(page, table);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  const ticks = page.getByRole("table", { name: "Mirror topics" }).getByRole("checkbox");
  await expect(ticks.nth(0)).toBeChecked();
  await expect(ticks.nth(1)).toBeChecked();
  const bar = page.getByRole("group", { name: "Chosen mirrors" });
  await expect(bar.getByRole("status")).toHaveText("2 mirrors chosen");
  // Once more takes it back.
  await page.keyboard.press("Space");
  await expect(ticks.nth(1)).not.toBeChecked();
  await page.keyboard.press("Space");
  const names = await page.getByRole("table", { name: "Mirror topics" }).getByRole("rowheader").getByRole("link").allInnerTexts();
  await tabTo(page, bar.getByRole("button", { name: "Promote…" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /^Promote/ })).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`/promote\\?topics=${names.slice(0, 2).join("(%2C|,)")}$`));
  await tabTo(page, page.getByRole("checkbox", { name: "Producers on on-prem are stopped" }));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Promote 2 mirrors" }));
});

test("a failover is typed and reached by keyboard, and Cancel leads back to the link", async ({ page }) => {
  await open(page, `${link}/failover?topics=orders`);
  await tabTo(page, page.getByRole("textbox", { name: "Confirmation" }), 120);
  const start = page.getByRole("button", { name: "Fail over 1 mirror" });
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.type("fail over 1 mirror");
  await expect(start).not.toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Tab");
  await expect(start).toBeFocused();
  await tabTo(page, page.getByRole("link", { name: "Cancel" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "from-on-prem-link" })).toBeFocused();
});

test("a menu and the dialog behind it keep the focus and give it back", async ({ page }) => {
  await open(page, link);
  const more = page.getByRole("button", { name: "More" });
  await tabTo(page, more);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(more).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: "Delete link…" })).toBeFocused();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Delete link" });
  await expect(dialog.getByRole("textbox", { name: "Name of the link" })).toBeFocused();
  await expectTrapped(page, dialog);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(more).toBeFocused();
});

test("dialogs of a topic take the focus and give it back to what opened them", async ({ page }) => {
  await open(page, "/clusters/on-prem/topics/orders");
  const opener = page.getByRole("button", { name: "Add partitions…" });
  await tabTo(page, opener);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("textbox").or(dialog.getByRole("spinbutton")).first()).toBeFocused();
  await expectTrapped(page, dialog);
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
});

test("the wizard is walked from the first step to the review without a mouse", async ({ page }) => {
  await open(page, "/links/new");
  await tabTo(page, page.getByRole("button", { name: "Next: clusters" }));
  await page.keyboard.press("Enter");
  // Each step begins at its heading, not at the page's end.
  await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
  await tabTo(page, page.getByRole("combobox", { name: "Source: data comes from" }));
  await page.keyboard.type("on-prem");
  await tabTo(page, page.getByRole("combobox", { name: "Destination: data goes to" }));
  await page.keyboard.type("cloud");
  await tabTo(page, page.getByRole("textbox", { name: "Name of the link" }));
  await page.keyboard.type("by-keyboard");
  await tabTo(page, page.getByRole("textbox", { name: "How to reach on-prem" }));
  await page.keyboard.insertText("bootstrap.servers=broker.on-prem.example:9092");
  await tabTo(page, page.getByRole("button", { name: "Next: behaviour" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Next: review" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "What is created, in this order" })).toBeVisible();
  await tabTo(page, page.getByRole("button", { name: /^Create/ }).first());
});

test("records are opened by the arrow keys and Enter, and Escape closes the record where it was opened", async ({ page }) => {
  await open(page, "/clusters/on-prem/topics/orders/messages?from=oldest");
  const table = page.getByRole("group", { name: /^Records: arrow keys/ });
  await expect(page.getByRole("table", { name: "Records" }).getByRole("rowheader").nth(2)).toBeVisible();
  await tabTo(page, table);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const record = page.getByRole("complementary", { name: "Record" });
  await expect(record).toBeVisible();
  await expect(page).toHaveURL(/record=/);
  await page.keyboard.press("Escape");
  await expect(record).toHaveCount(0);
  await expect(table).toBeFocused();
});

test("a search and an order of every list are in the URL and there after a reload", async ({ page }) => {
  const lists: [string, string, string, string][] = [
    ["/links", "Links", "Search links", "from"],
    ["/mirrors", "Mirror topics", "Search mirrors", "orders"],
    ["/groups", "Groups", "Search groups or topics", "nightly"],
    ["/clusters/on-prem/topics", "Topics", "Search topics", "orders"],
    [`${link}?tab=mirrors`, "Mirror topics", "Search mirrors", "orders"],
  ];
  for (const [path, table, search, text] of lists) {
    await open(page, path);
    await page.keyboard.press("/");
    await expect(page.getByRole("searchbox", { name: search })).toBeFocused();
    await page.keyboard.type(text);
    await expect(page).toHaveURL(new RegExp(`q=${text}`));
    await expect(row(page, table, new RegExp(text)).first()).toBeVisible();
    const head = page.getByRole("table", { name: table }).getByRole("columnheader").getByRole("button").first();
    await head.focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/sort=/);
    const order = await page.getByRole("table", { name: table }).locator("[aria-sort]").getAttribute("aria-sort");
    await page.reload();
    await settled(page);
    await expect(page.getByRole("searchbox", { name: search })).toHaveValue(text);
    await expect(page.getByRole("table", { name: table }).locator("[aria-sort]")).toHaveAttribute("aria-sort", order ?? "");
  }
});

test("the order of partitions and what is shown of a group are in the URL, too", async ({ page }) => {
  await open(page, "/clusters/on-prem/topics/orders");
  const size = page.getByRole("table", { name: "Partitions" }).getByRole("columnheader", { name: "Size" });
  await size.getByRole("button").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/sort=-size/);
  await page.reload();
  await settled(page);
  await expect(size).toHaveAttribute("aria-sort", "descending");

  await open(page, "/clusters/on-prem/groups/nightly-report");
  const only = page.getByRole("checkbox", { name: "Only with lag" });
  await tabTo(page, only);
  await page.keyboard.press("Space");
  await expect(page).toHaveURL(/show=lag/);
  await page.reload();
  await settled(page);
  await expect(only).toBeChecked();
});

test("offsets are copied, and what an action is as a call", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await open(page, "/clusters/on-prem/topics/orders");
  await page.getByRole("button", { name: "Copy offsets of all partitions" }).click();
  await expect.poll(copied).toMatch(/^partition\tlog start\thigh watermark\n0\t\d+\t\d+\n/);
  await open(page, `${link}/mirrors/orders`);
  await page.getByRole("button", { name: "Copy offsets of both sides" }).click();
  await expect.poll(copied).toMatch(/^partition\tmirror's end\tsource's end\n0\t\d+\t\d+\n/);
  await open(page, link);
  await page.getByText("Pause by a REST call").click();
  await page.getByRole("button", { name: "Copy REST call" }).click();
  await expect.poll(copied).toContain("/links/from-on-prem-link/configs:alter");
});

test("the palette goes by arrows, is kept inside, and gives the focus back", async ({ page }) => {
  await open(page, link);
  const opener = page.getByRole("link", { name: "Verify…" });
  await tabTo(page, opener);
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search or run a command" });
  await expect(field).toBeFocused();
  await page.keyboard.type("orders");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("option", { selected: true })).toHaveCount(1);
  await expectTrapped(page, page.getByRole("dialog", { name: "Search or run a command" }));
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
});
