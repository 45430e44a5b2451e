// Moments and places of the console that more than one specification needs.

import { expect, type Page } from "@playwright/test";

/** Waits until the page has its heading and nothing in it says that it is still loading. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}
