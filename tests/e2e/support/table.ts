// Tables as a reader sees them: rows found by the text of their cells.

import { expect, type Locator, type Page } from "@playwright/test";

/** The row of the table called `table` whose cells hold all of `texts`. */
export function row(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Locator {
  const cells = page.getByRole("cell").or(page.getByRole("rowheader"));
  return texts.reduce<Locator>(
    (rows, text) => rows.filter({ has: cells.filter({ hasText: text }) }),
    page.getByRole("table", { name: table }).getByRole("row"),
  );
}

export async function expectRow(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Promise<void> {
  await expect(row(page, table, ...texts)).toHaveCount(1);
}

export async function expectNoRow(page: Page, table: string | RegExp, ...texts: (string | RegExp)[]): Promise<void> {
  await expect(row(page, table, ...texts)).toHaveCount(0);
}

/** The cell under `column` in the row whose cells hold all of `texts`; the first column is each row's header. */
export async function cell(page: Page, table: string | RegExp, column: string, ...texts: (string | RegExp)[]): Promise<Locator> {
  const found = row(page, table, ...texts);
  await expect(found).toHaveCount(1);
  const heads = await page.getByRole("table", { name: table }).getByRole("columnheader").allInnerTexts();
  const at = heads.findIndex((head) => head.trim().startsWith(column));
  if (at < 1) throw new Error(`no column ${column} behind the first; there are: ${heads.join(", ")}`);
  return found.getByRole("cell").nth(at - 1);
}
