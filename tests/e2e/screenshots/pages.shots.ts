import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { allPlaces, open } from "../support/link-places.ts";
import { test } from "../support/test.ts";

const folder = resolve(process.env.DRAWBRIDGE_SCREENSHOTS ?? "screenshots-out");
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

test.use({ serves: "demo" });
test.beforeAll(() => mkdirSync(folder, { recursive: true }));

for (const [name, place] of Object.entries(allPlaces)) {
  test(name, async ({ page }) => {
    await open(page, place);
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
      }
    }
  });
}
