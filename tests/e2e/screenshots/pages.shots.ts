import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "../support/test.ts";
import { settled } from "../support/page.ts";

const folder = resolve(process.env.DRAWBRIDGE_SCREENSHOTS ?? "screenshots-out");
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const pages: Record<string, string> = {
  clusters: "/clusters",
  "cluster-new": "/clusters/new",
  cluster: "/clusters/on-prem",
  topics: "/clusters/on-prem/topics",
  "topics-all": "/topics",
  "topic-new": "/clusters/on-prem/topics/new",
  topic: "/clusters/on-prem/topics/orders",
  "topic-configs": "/clusters/on-prem/topics/orders?tab=configs",
  "not-found": "/nowhere",
};

test.use({ serves: "demo" });
test.beforeAll(() => mkdirSync(folder, { recursive: true }));

for (const [name, path] of Object.entries(pages)) {
  test(name, async ({ page }) => {
    await page.goto(path);
    await settled(page);
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
      }
    }
  });
}
