import { writeFileSync } from "node:fs";
import { Gateway } from "../support/gateway.ts";
import { silence } from "../support/scale.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "demo" });

test("the demo says that its clusters are embedded and keep nothing", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("Embedded Kafka-protocol clusters: data is not kept")).toBeVisible();
});

test("the command palette finds a place by a few letters", async ({ page }) => {
  await page.goto("/clusters");
  // Keys are heard once the console runs, which is after the page has loaded.
  await expect(page.getByRole("heading", { level: 1, name: "Clusters" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("combobox", { name: "Search or run a command" });
  await expect(palette).toBeFocused();
  await palette.fill("on-prem");
  await expect(page.getByRole("listbox", { name: "Matches" }).getByRole("option").first()).toBeVisible();
  await page.getByRole("option", { name: /^on-prem\s*cluster$/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "on-prem" })).toBeVisible();
});

test("the palette runs an action by keyboard and gives the focus back on Escape", async ({ page }) => {
  await page.goto("/clusters");
  const opener = page.getByRole("button", { name: "Search or run a command" });
  await opener.click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("combobox", { name: "Search or run a command" })).toHaveCount(0);
  await expect(opener).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or run a command" }).fill("add a cluster");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/clusters\/new$/);
});

test("a chosen theme holds after a reload, and the system's theme otherwise", async ({ page }) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/clusters");
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).not.toBe(light);
  await page.getByRole("button", { name: "Theme: System" }).click();
  await expect(page.getByRole("button", { name: "Theme: Light" })).toBeVisible();
  await expect.poll(ground).toBe(light);
  await page.reload();
  await expect(page.getByRole("button", { name: "Theme: Light" })).toBeVisible();
  expect(await ground()).toBe(light);
});

test("every place of the navigation has a heading, a title and a breadcrumb, and takes the focus", async ({ page }) => {
  await page.goto("/");
  for (const place of ["Links", "Mirrors", "Topics", "Clusters"]) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
    const heading = page.getByRole("heading", { level: 1, name: place });
    await expect(heading).toBeVisible();
    await expect(heading).toBeFocused();
    await expect(page).toHaveTitle(`${place} · Drawbridge`);
    await expect(
      page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: place }),
    ).toHaveAttribute("aria-current", "page");
  }
});

test("a clicked link is in the address bar, in the history, and there after a reload", async ({ page }) => {
  await page.goto("/clusters");
  await page.getByRole("table", { name: "Clusters" }).getByRole("link", { name: "on-prem", exact: true }).click();
  await expect(page).toHaveURL(/\/clusters\/on-prem$/);
  await page.getByRole("main").getByRole("link", { name: "Topics", exact: true }).click();
  await expect(page).toHaveURL(/\/clusters\/on-prem\/topics$/);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Topics" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "on-prem" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Clusters" })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole("heading", { level: 1, name: "on-prem" })).toBeVisible();
});

test("the list of keys opens with ? and closes with Escape", async ({ page }) => {
  await page.goto("/clusters");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await expect(keys.getByText("Search pages, clusters, links, topics and actions")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
});

test("an address that leads nowhere says so and shows a way out", async ({ page }) => {
  await page.goto("/no/such/place");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("main").getByRole("link").first().click();
  await expect(page).not.toHaveURL(/no\/such\/place/);
});

test("the topology does not say that there are no links before they have come", async ({ page }) => {
  await silence(page);
  await page.goto("/");
  await expect(page.locator("main [aria-busy=true]")).toContainText("Loading links");
  await expect(page.getByRole("heading", { name: "No links yet" })).toHaveCount(0);
});

test("where a cluster has not answered yet, nobody says that there are no links", async ({ page }, info) => {
  const file = info.outputPath("dark.properties");
  writeFileSync(file, "bootstrap.servers=127.0.0.1:1");
  const gateway = await Gateway.start(["serve", "--clusters-dir", info.outputPath("added"), "--cluster", `dark=${file}`]);
  try {
    await page.goto(gateway.url);
    await expect(page.getByText("Links on clusters that are down are not listed.")).toBeVisible();
    await expect(page.getByRole("heading", { name: "No links yet" })).toHaveCount(0);
    const rail = page.getByRole("navigation", { name: "Main" });
    await expect(rail.getByRole("link", { name: "Clusters" })).toContainText("1 down");
    for (const name of ["Links", "Mirrors"]) await expect(rail.getByRole("link", { name })).toHaveText(name);
    for (const what of ["links", "mirrors"]) {
      await page.goto(`${gateway.url}/${what}`);
      await expect(page.getByText(`dark is down: ${what} there, if there are any, are not listed`)).toBeVisible();
    }
  } finally {
    await gateway.stop();
  }
});
