import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";

test.use({ serves: "demo" });

const anyPart = /\/part-[\w-]+\.wasm$/;

/** The parts that the console names; none when it was built in one piece. */
async function parts(page: Page): Promise<string[]> {
  const html = await (await page.request.get("/")).text();
  const script = /drawbridge-console-\w+\.js/.exec(html)?.[0] ?? "";
  const text = await (await page.request.get(`/${script}`)).text();
  return [...new Set(text.match(/part-[\w-]+\.wasm/g) ?? [])];
}

async function openLinks(page: Page): Promise<void> {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeVisible();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Links" }).click();
}

const failed = (page: Page) => page.getByRole("alert").filter({ hasText: "could not be fetched" });
const links = (page: Page) => page.getByRole("heading", { level: 1, name: "Links" });

test("every part that the console names is served, and kept forever", async ({ page }) => {
  const names = await parts(page);
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const answer = await page.request.get(`/${name}`);
    expect(answer.status(), name).toBe(200);
    expect(answer.headers()["content-type"]).toBe("application/wasm");
    expect(answer.headers()["cache-control"]).toContain("immutable");
  }
});

test("the first page fetches no part before it shows", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeVisible();
  const before = fetched.filter((url) => anyPart.test(url));
  expect(before).toEqual([]);
  // Later it fetches them all, so that pages open at once, even when the gateway is away.
  const names = await parts(page);
  await expect.poll(() => fetched.filter((url) => anyPart.test(url)).length).toBe(names.length);
});

test.describe("when parts do not come", () => {
  // The loader reports each, besides what the browser says of the request.
  test.use({ expectedComplaints: [/Failed to load resource|Failed to fetch|TypeError|HTTP status code is not ok/] });

  test("a page whose part does not come says so, and comes with another try", async ({ page }) => {
    await page.route(anyPart, (route) => route.abort());
    await openLinks(page);
    await expect(failed(page)).toBeVisible();
    await failed(page).getByRole("button", { name: "Try again" }).click();
    await expect(failed(page)).toBeVisible();
    await page.unroute(anyPart);
    await failed(page).getByRole("button", { name: "Try again" }).click();
    await expect(links(page)).toBeVisible();
    await expect(links(page)).toBeFocused();
  });

  test("a page that an updated gateway has no more is there after a reload", async ({ page }) => {
    await page.route(anyPart, (route) => route.fulfill({ status: 404, body: "no such file\n" }));
    await openLinks(page);
    await expect(failed(page)).toContainText("after an update of the gateway, reload the page");
    await page.unroute(anyPart);
    await page.getByRole("main").getByRole("button", { name: "Reload the page" }).click();
    await expect(links(page)).toBeVisible();
  });
});

test.describe("after a panic", () => {
  test.use({ expectedComplaints: [/uncaught: unreachable/] });

  test("a console that broke says so over the whole page", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeVisible();
    await page.evaluate(() => queueMicrotask(() => { throw new WebAssembly.RuntimeError("unreachable"); }));
    const crash = page.getByRole("alertdialog", { name: "The console crashed" });
    await expect(crash).toBeVisible();
    await expect(crash.getByRole("link", { name: "Reload the page" })).toBeVisible();
  });
});
