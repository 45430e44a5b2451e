import type { Page } from "@playwright/test";
import { createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { configs, createMirror, dropLink, idOf, patient, wayTo } from "../support/links.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

const filters = {
  topicFilters: [
    { name: "payments-", patternType: "PREFIXED", filterType: "INCLUDE" },
    { name: "payments-x", patternType: "LITERAL", filterType: "EXCLUDE" },
  ],
};

const tab = (page: Page, name: RegExp) => page.getByRole("navigation", { name: /^Parts of / }).getByRole("link", { name });
const state = (page: Page) => page.locator(".page-head .badge").first();

test("a link is paused, resumed and compared from its head, and its tabs say how much is on them", async ({ page, request }) => {
  const [link, topic, other] = [uniqueTopic("paused-link"), uniqueTopic("kept"), uniqueTopic("kept")];
  const to = idOf("onprem");
  for (const name of [topic, other]) await createTopic(request, idOf("cloud"), name);
  produce("cloud", topic, ["1", "2", "3"]);
  try {
    const data = {
      configs: [
        ...configs(wayTo("cloud")),
        { name: "auto.create.mirror.topics.filters", value: JSON.stringify(filters) },
      ],
    };
    const create = async () => (await request.post(`/kafka/v3/clusters/${to}/links?link_name=${link}`, { data })).status();
    await expect.poll(create, patient).toBe(201);
    await page.goto(`/clusters/onprem/links/${link}`);
    await expect(state(page)).toHaveText(/^ACTIVE/, patient);

    // Without mirrors there is nothing to promote, and the button says so instead of leading to an empty page.
    const promote = page.getByRole("link", { name: "Promote…" });
    await expect(promote).toHaveAttribute("aria-disabled", "true");
    await expect(promote).toHaveAccessibleDescription("The link has no mirror that copies");

    await createMirror(request, to, link, topic);
    await createMirror(request, to, link, other);
    await expect(tab(page, /^Mirrors 2$/)).toBeVisible(patient);
    await expect(tab(page, /^Groups 0$/)).toBeVisible(patient);
    await expect(promote).not.toHaveAttribute("aria-disabled");

    // Filters read as words; their JSON can be taken along.
    const words = "include prefix payments-, exclude literal payments-x";
    await expect(page.getByText(words)).toBeVisible(patient);
    await expect(page.getByRole("button", { name: "Copy JSON of auto.create.mirror.topics.filters" })).toBeVisible();
    await tab(page, /^Configs$/).click();
    await expect(row(page, "Configurations", "auto.create.mirror.topics.filters")).toContainText(words);

    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await expect(state(page)).toHaveText("PAUSED", patient);
    await expect(page.getByText("The link is paused: nothing is copied")).toBeVisible();
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await expect(state(page)).toHaveText(/^ACTIVE/, patient);

    await page.getByRole("link", { name: "Verify…" }).click();
    await page.getByRole("button", { name: "Start comparing" }).click();
    await expect(page.getByText(/Equal in all 2 partitions/)).toBeVisible(patient);

    // What is searched for is in the URL.
    await tab(page, /^Mirrors/).click();
    await page.getByRole("searchbox", { name: "Search mirrors" }).fill(other);
    await expect(page).toHaveURL(new RegExp(`tab=mirrors&q=${other}`));
    await page.reload();
    await expect(row(page, "Mirror topics", other)).toHaveCount(1);
    await expect(row(page, "Mirror topics", topic)).toHaveCount(0);
  } finally {
    await dropLink(request, to, link);
  }
});

test("the rail says how many gateways there are", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toContainText(/\d+\.\d+\.\d+ · one gateway/, patient);
});
