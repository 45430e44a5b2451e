import { createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { createLink, createMirror, dropLink, idOf, patient, wayTo } from "../support/links.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

test("a mirror is compared with its source from its page, over all records and over a range", async ({ page, request }) => {
  const [link, topic] = [uniqueTopic("verified-link"), uniqueTopic("verified")];
  const to = idOf("onprem");
  await createTopic(request, idOf("cloud"), topic);
  produce("cloud", topic, ["1", "2", "3", "4", "5"]);
  try {
    await createLink(request, to, link, wayTo("cloud"));
    await createMirror(request, to, link, topic);
    await page.goto(`/clusters/onprem/links/${link}/mirrors/${topic}`);
    await expect(page.getByText("nothing missing").first()).toBeVisible(patient);
    await page.getByRole("button", { name: "Start comparing" }).click();
    await expect(page.getByText(/Equal in the one partition · 5 records compared/)).toBeVisible(patient);
    await page.getByRole("combobox", { name: "Compare" }).selectOption("last");
    await page.getByRole("textbox", { name: "Records per partition" }).fill("2");
    await page.getByRole("button", { name: "Start comparing" }).click();
    await expect(page.getByText(/Equal in the one partition · 2 records compared/)).toBeVisible(patient);
    await expect(page.getByRole("button", { name: "Copy result as JSON" })).toBeVisible();
  } finally {
    await dropLink(request, to, link);
  }
});
