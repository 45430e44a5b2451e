// Tables as a reader sees them: rows found by the text of their cells.

import { expect, type Locator, type Page } from "@playwright/test";

/** The row of the table called `table` whose cells hold all of `texts`. */
export function row(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Locator {
  return texts.reduce<Locator>(
    (rows, text) => rows.filter({ has: page.getByRole("cell", { name: text }).or(page.getByRole("rowheader", { name: text })) }),
    page.getByRole("table", { name: table }).getByRole("row"),
  );
}

export async function expectRow(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Promise<void> {
  await expect(row(page, table, ...texts)).toHaveCount(1);
}

export async function expectNoRow(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Promise<void> {
  await expect(row(page, table, ...texts)).toHaveCount(0);
}
