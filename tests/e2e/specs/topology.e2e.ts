import { expect, test } from "@playwright/test";
import { startMock } from "../bench/mock.ts";

const [nLinks, nClusters] = [200, 20];

test("all clusters of 200 links come into view at once, and what moves differs from what rests without motion", async ({ page }) => {
  const mock = await startMock(nLinks, nClusters);
  try {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(mock.url);
    const map = page.getByRole("region", { name: "Map" });
    const frame = map.getByRole("group");
    await expect(map.locator(".card")).toHaveCount(nLinks);
    await map.getByRole("button", { name: "Fit all into view" }).click();
    const clusters = frame.getByRole("link", { name: /^cluster-\d+/ });
    await expect(clusters).toHaveCount(nClusters);
    const seen = await frame.boundingBox();
    for (const cluster of await clusters.all()) {
      const box = await cluster.boundingBox();
      expect(seen !== null && box !== null && box.y >= seen.y && box.y + box.height <= seen.y + seen.height).toBe(true);
      expect(box !== null && box.height >= 14, "its name can be read").toBe(true);
    }
    const dashes = (line: string) => map.locator(line).first().evaluate((path) => getComputedStyle(path).strokeDasharray);
    expect(await dashes(".line--flows .line-stroke")).not.toBe("none");
    mock.rest();
    await expect(map.locator(".line.role-ok:not(.line--flows)").first()).toBeAttached();
    expect(await dashes(".line.role-ok:not(.line--flows) .line-stroke")).toBe("none");
    await map.getByRole("button", { name: "Fit all into view" }).click();
    await expect(map.locator(".card")).toHaveCount(nLinks);
  } finally {
    mock.stop();
  }
});

test("names of clusters and links can be read on a small screen", async ({ page }) => {
  const mock = await startMock(3, 2);
  try {
    await page.routeWebSocket(/\/ws$/, (ours) => {
      const gateway = ours.connectToServer();
      const named = (text: string) => text.replaceAll("cluster-", "frankfurt-production-").replaceAll("link-0", "orders-to-analytics-0");
      gateway.onMessage((message) => ours.send(named(String(message))));
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(mock.url);
    const names = page.locator(".node b, .card-name");
    await expect(names).toHaveCount(5);
    const cut = await names.evaluateAll((all) =>
      all.filter((name) => name.scrollWidth > name.clientWidth || name.scrollHeight > name.clientHeight + 1).map((name) => name.textContent),
    );
    expect(cut).toEqual([]);
  } finally {
    mock.stop();
  }
});
