// Moving ten thousand mirrors: what would be done, and what became of it, with a hundred rows in the page.

import type { Page } from "@playwright/test";
import { enlarge } from "../support/scale.ts";
import { expect, test } from "../support/test.ts";

const total = 10_000;
const link = "/clusters/cloud/links/from-on-prem-link";

test.use({ serves: "demo" });
let asks: () => number;
test.beforeEach(async ({ page }) => {
  asks = await enlarge(page, total);
});

const table = (page: Page, name: string) => page.getByRole("table", { name });

for (const [action, verb] of [["promote", "Promote"], ["failover", "Fail over"]] as const) {
  test(`${action} of ten thousand mirrors says what is missing, by one question and few rows`, async ({ page }) => {
    await page.goto(`${link}/${action}`);
    const dry = table(page, "What is missing per partition");
    await expect(dry).toBeVisible();
    await expect(page.getByRole("button", { name: new RegExp(`^${verb} [\\d,]+ mirrors$`) })).toBeVisible();
    expect(asks()).toBe(1);
    expect(Number(await dry.getAttribute("aria-rowcount"))).toBeGreaterThan(total);
    expect(await dry.getByRole("row").count()).toBeLessThan(100);
    expect(await page.locator("*").count()).toBeLessThan(3_000);

    // The last row is a key away, and it is the one that lacks least.
    await page.getByRole("group", { name: /^What is missing per partition: arrow keys/ }).focus();
    await page.keyboard.press("End");
    await expect(dry.locator("tr.current").getByRole("cell").nth(1)).toHaveText("0");
    await page.getByRole("button", { name: "Look again" }).click();
    await expect.poll(asks).toBe(2);
  });
}

test("ten thousand mirrors are chosen, failed over and reported", async ({ page }) => {
  await page.goto(`${link}?tab=mirrors`);
  await page.getByRole("checkbox", { name: "Choose all shown" }).check();
  await expect(page.getByText("10,000 mirrors chosen")).toBeVisible();
  await page.getByRole("button", { name: "Fail over…" }).click();
  // All of them need no names.
  await expect(page).toHaveURL(new RegExp(`${link}/failover$`));
  const start = page.getByRole("button", { name: /^Fail over [\d,]+ mirrors$/ });
  await expect(start).toBeVisible();
  const words = (await start.innerText()).toLowerCase();
  await page.getByRole("textbox", { name: "Confirmation" }).fill(words);
  await start.click();

  const n = words.replace(/[^\d,]/g, "");
  await expect(page.getByText(`${n} of ${n} mirrors stopped`)).toBeVisible();
  const result = table(page, "Result per partition");
  expect(await result.getByRole("row").count()).toBeLessThan(100);
  const saving = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save JSON" }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await saving).createReadStream()) chunks.push(chunk as Buffer);
  const report = JSON.parse(Buffer.concat(chunks).toString()) as { mirrors: { mirror_status: string }[] };
  const stopped = report.mirrors.filter(({ mirror_status }) => mirror_status === "STOPPED");
  expect([report.mirrors.length, stopped.length]).toEqual([total, Number(n.replaceAll(",", ""))]);
});

test("more chosen names than an address holds are not handed over", async ({ page }) => {
  await page.goto(`${link}?tab=mirrors`);
  await page.getByRole("checkbox", { name: "Choose all shown" }).check();
  await page.getByRole("checkbox", { name: /^Choose / }).nth(1).uncheck();
  await expect(page.getByText("9,999 mirrors chosen")).toBeVisible();
  const promote = page.getByRole("button", { name: "Promote…" });
  await expect(promote).toHaveAttribute("aria-disabled", "true");
  await expect(promote).toHaveAccessibleDescription(/too long for an address: choose fewer, or all$/);
});
