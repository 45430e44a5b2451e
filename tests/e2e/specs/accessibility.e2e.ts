import { expectAccessible } from "../support/axe.ts";
import { linkPlaces, open } from "../support/link-places.ts";
import { expectFits } from "../support/narrow.ts";
import { pages } from "../support/places.ts";
import { test } from "../support/test.ts";

test.use({ serves: "demo" });

const places = { ...Object.fromEntries(Object.entries(pages).map(([name, path]) => [name, { path }])), ...linkPlaces };

for (const [name, place] of Object.entries(places)) {
  test(`${name} has no serious finding and fits, wide and narrow, light and dark`, async ({ page }) => {
    await open(page, place);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    await expectFits(page);
  });
}
