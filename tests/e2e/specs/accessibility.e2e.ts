import { expectAccessible } from "../support/axe.ts";
import { allPlaces, open } from "../support/link-places.ts";
import { expectFits } from "../support/narrow.ts";
import { test } from "../support/test.ts";

test.use({ serves: "demo" });

for (const [name, place] of Object.entries(allPlaces)) {
  test(`${name} has no serious finding and fits, wide and narrow, light and dark`, async ({ page }) => {
    await open(page, place);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    await expectFits(page);
  });
}
