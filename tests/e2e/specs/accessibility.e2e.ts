import { expectAccessible } from "../support/axe.ts";
import { pages } from "../support/places.ts";
import { settled } from "../support/page.ts";
import { test } from "../support/test.ts";

test.use({ serves: "demo" });

for (const [name, path] of Object.entries(pages)) {
  test(`${name} has no serious finding, wide and narrow, light and dark`, async ({ page }) => {
    await page.goto(path);
    await settled(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
  });
}
