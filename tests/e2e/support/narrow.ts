// What a narrow screen must not do: scroll sideways as a whole, or put what is needed to act out of reach.

import { expect, type Page } from "@playwright/test";

/** No sideways scrolling of the page, and every control inside the screen or inside something that scrolls. */
export async function expectFits(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (element: Element | null): boolean => {
      for (let at = element; at !== null && at !== document.body; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        if ((overflowX === "auto" || overflowX === "scroll") && at.scrollWidth > at.clientWidth) return true;
      }
      return false;
    };
    const name = (element: Element) => (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60);
    const cut: string[] = [];
    for (const element of document.querySelectorAll("main :is(button, a, input, select, textarea, [tabindex='0'])")) {
      const box = element.getBoundingClientRect();
      const isSeen = box.width > 1 && box.height > 1 && !element.closest(".visually-hidden");
      if (isSeen && (box.right > wide + 1 || box.left < -1) && !scrolls(element)) {
        cut.push(`${element.tagName.toLowerCase()} "${name(element)}" from ${Math.round(box.left)} to ${Math.round(box.right)}`);
      }
    }
    return { sideways: document.documentElement.scrollWidth - wide, cut };
  });
  expect.soft(found, `width of ${page.url()}`).toEqual({ sideways: 0, cut: [] });
}
