import { createTopic } from "../support/kafka.ts";
import { expectRow } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "demo" });

const total = 10_000;
const atOnce = 20;

test("ten thousand topics are listed, searched and scrolled with a hundred rows in the page", async ({ page, request }) => {
  test.setTimeout(420_000);
  const answer = (await (await request.get("/kafka/v3/clusters")).json()) as { data: { cluster_id: string }[] };
  const id = answer.data.map((cluster) => cluster.cluster_id).find((found) => found.includes("onprem")) ?? "";
  const names = Array.from({ length: total }, (_, n) => `zz-${String(n).padStart(5, "0")}`);
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await createTopic(request, id, name);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  await page.goto("/clusters/on-prem/topics");
  const table = page.getByRole("table", { name: "Topics" });
  await expect.poll(async () => Number(await table.getAttribute("aria-rowcount"))).toBeGreaterThan(total);
  expect(await table.getByRole("row").count()).toBeLessThan(100);

  await page.getByRole("group", { name: /^Topics: arrow keys/ }).focus();
  await page.keyboard.press("End");
  await expect(table.getByRole("link", { name: names.at(-1), exact: true })).toBeInViewport();
  expect(await table.getByRole("row").count()).toBeLessThan(100);

  await page.getByRole("searchbox", { name: "Search topics" }).fill("zz-0777");
  await expect(table).toHaveAttribute("aria-rowcount", "11");
  await expectRow(page, "Topics", "zz-07777");
});
