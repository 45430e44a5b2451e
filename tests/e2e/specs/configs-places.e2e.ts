// What is searched for among configurations is in the URL, wherever there are configurations.

import { expect, test } from "../support/test.ts";

const places = {
  topic: { path: "/clusters/on-prem/topics/orders?tab=configs", q: "retention.ms" },
  link: { path: "/clusters/cloud/links/from-on-prem-link?tab=configs", q: "connection.mode" },
  broker: { path: "/clusters/on-prem/brokers/1?tab=configs", q: "log.retention" },
};

for (const [what, { path, q }] of Object.entries(places)) {
  test(`configurations of a ${what} that were searched for are found again by their address`, async ({ page }) => {
    await page.goto(path);
    const rows = page.getByRole("table", { name: "Configurations" }).getByRole("rowheader");
    await expect(rows.first()).toBeVisible();
    const n = await rows.count();
    const search = page.getByRole("searchbox", { name: "Search configurations" });
    await search.fill(q);
    await expect(page).toHaveURL(new RegExp(`tab=configs&q=${q.replaceAll(".", "\\.")}$`));
    await expect.poll(() => rows.count()).toBeLessThan(n);
    const found = await rows.allInnerTexts();
    await page.reload();
    await expect(search).toHaveValue(q);
    await expect(rows).toHaveText(found, { useInnerText: true });

    await search.fill("");
    await page.getByRole("checkbox", { name: /^Only set / }).check();
    await expect(page).toHaveURL(/tab=configs&set=true$/);
    await page.reload();
    await expect(page.getByRole("checkbox", { name: /^Only set / })).toBeChecked();
  });
}
