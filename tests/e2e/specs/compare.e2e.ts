import { expectAccessible } from "../support/axe.ts";
import { createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { createLink, createMirror, dropLink, idOf, patient, promote, wayTo } from "../support/links.ts";
import { expectFits } from "../support/narrow.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

test("a mirror's records stand beside their source's, and what differs after a failover is marked", async ({ page, request }) => {
  const [link, topic] = [uniqueTopic("compared-link"), uniqueTopic("compared")];
  const to = idOf("onprem");
  await createTopic(request, idOf("cloud"), topic);
  produce("cloud", topic, ["one", "two", "three"]);
  try {
    await createLink(request, to, link, wayTo("cloud"));
    await createMirror(request, to, link, topic);
    await page.goto(`/clusters/onprem/links/${link}/mirrors/${topic}`);
    await expect(page.getByText("nothing missing").first()).toBeVisible(patient);
    await page.getByRole("link", { name: "compare its records" }).click();
    await expect(page.getByText("3 equal, byte for byte")).toBeVisible();

    await promote(request, to, link, topic);
    produce("cloud", topic, ["theirs", "more"]);
    produce("onprem", topic, ["mine!!"]);
    await page.goto(`/clusters/onprem/links/${link}/mirrors/${topic}/compare?offset=2`);
    const table = page.getByRole("table", { name: "Source and mirror by offset" });
    await expect(page.getByText("1 equal, byte for byte · 1 differ · 1 on one side only")).toBeVisible();
    const differing = table.getByRole("row").filter({ hasText: "differs: value" });
    await expect(differing.locator("mark").first()).toHaveText("theirs");
    await expect(table.getByRole("row").filter({ hasText: "not mirrored yet" })).toContainText("the log has not come so far");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page);
    await page.setViewportSize({ width: 1440, height: 900 });

    await differing.getByRole("link", { name: "Open this record on the mirror" }).click();
    const record = page.getByRole("complementary", { name: "Record" });
    await expect(record).toContainText("mine!!");
    await record.getByRole("link", { name: "Compare with its source" }).click();
    await expect(page).toHaveURL(/compare\?offset=3$/);
    await page.getByRole("textbox", { name: "From offset" }).fill("0");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(table.getByRole("rowheader")).toHaveCount(5);
  } finally {
    await dropLink(request, to, link);
  }
});
