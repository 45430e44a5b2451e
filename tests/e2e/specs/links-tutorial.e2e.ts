import type { Page } from "@playwright/test";
import { createTopic, produce, properties, uniqueTopic } from "../support/kafka.ts";
import { chooseSides, dropLink, idOf, pasteFile, patient, wayTo } from "../support/links.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

/** The tutorial's two files, with what these clusters need in place of its names and passwords. */
const destinationFile = "link.mode=DESTINATION\nconnection.mode=INBOUND\n";
const sourceFile = (): string => {
  const local = properties("onprem")
    .split("\n")
    .filter((line) => /^(security|sasl)\./.test(line))
    .map((line) => `local.${line}`);
  return ["link.mode=SOURCE", "connection.mode=OUTBOUND", wayTo("cloud"), "local.listener.name=SASL_PLAINTEXT", ...local, ""].join("\n");
};

test("the tutorial by clicking: from two config files to a promoted topic and a deleted link", async ({ page, request }) => {
  const [link, topic] = [uniqueTopic("from-on-prem-link"), uniqueTopic("from-on-prem")];
  await createTopic(request, idOf("onprem"), topic);
  produce("onprem", topic, ["1", "2", "3", "4", "5"]);
  try {
    await page.goto("/links/new");
    await pasteFile(page, destinationFile);
    await pasteFile(page, sourceFile());
    expect(await page.content()).not.toContain("admin-secret");
    await expect(page.getByRole("radio", { name: /^The source dials/ })).toBeChecked();
    await chooseSides(page, { source: "onprem", destination: "cloud", link });
    await toReview(page);
    await page.getByRole("button", { name: "Create both halves" }).click();
    for (const half of ["cloud", "onprem"]) {
      const made = page.getByRole("listitem").filter({ hasText: `The half on ${half}` });
      await expect(made).toContainText("ACTIVE", patient);
    }

    await page.getByRole("link", { name: "Add mirrors…" }).click();
    await addMirror(page, topic);
    await moveOver(page, "cloud", link, topic, 5);
    // The source's half first, as in the tutorial.
    await deleteLink(page, "onprem", link);
    await deleteLink(page, "cloud", link);
  } finally {
    for (const name of ["onprem", "cloud"] as const) await dropLink(request, idOf(name), link);
  }
});

test("the other direction by the form: the destination dials", async ({ page, request }) => {
  const [link, topic] = [uniqueTopic("from-cloud-link"), uniqueTopic("cloud-topic")];
  await createTopic(request, idOf("cloud"), topic);
  produce("cloud", topic, ["Riesling", "Pinot Blanc", "Verdejo"]);
  try {
    await page.goto("/links/new");
    await chooseSides(page, { source: "cloud", destination: "onprem", link });
    const way = page.getByRole("textbox", { name: "How to reach cloud" });
    await way.fill(wayTo("cloud"));
    await way.blur();
    await expect(way).not.toHaveValue(/admin-secret/);
    await page.getByRole("button", { name: "Test the connections" }).click();
    await expect(page.getByText("The connection works").first()).toBeVisible(patient);
    await toReview(page);
    await page.getByRole("button", { name: "Create the link" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "The half on onprem" })).toContainText("ACTIVE", patient);
    await page.getByRole("link", { name: "Add mirrors…" }).click();
    await addMirror(page, topic);
    await page.goto(`/clusters/onprem/links/${link}/mirrors/${topic}`);
    await caughtUp(page, 3);
  } finally {
    await dropLink(request, idOf("onprem"), link);
  }
});

async function toReview(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Next: behaviour" }).click();
  await page.getByRole("button", { name: "Next: review" }).click();
  await expect(page.getByRole("heading", { name: "What is created, in this order" })).toBeVisible();
}

async function addMirror(page: Page, topic: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Search topics of the source" }).fill(topic);
  await page.getByRole("checkbox", { name: `Mirror ${topic}`, exact: true }).check();
  await page.getByRole("button", { name: "Create 1 mirror" }).click();
  await expect(row(page, "Result per topic", topic)).toContainText("created", patient);
}

/** Until the mirror's page says that its only partition has as much as the source. */
async function caughtUp(page: Page, records: number): Promise<void> {
  await expect(page.getByText("Can it be moved?")).toBeVisible();
  const partition = row(page, "Partitions", /^0/);
  await expect(partition.getByRole("cell").nth(1)).toHaveText("0", patient);
  await expect(partition.getByRole("cell").nth(3)).toHaveText(String(records), patient);
}

/** Promotes the mirror and once more, which is refused. */
async function moveOver(page: Page, cluster: string, link: string, topic: string, records: number): Promise<void> {
  await page.goto(`/clusters/${cluster}/links/${link}/mirrors/${topic}`);
  await caughtUp(page, records);
  await page.getByRole("link", { name: "Promote…" }).click();
  await expect(row(page, "What is missing per partition", topic)).toBeVisible(patient);
  const start = page.getByRole("button", { name: "Promote 1 mirror" });
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("checkbox", { name: "Producers on onprem are stopped" }).check();
  await start.click();
  await expect(page.getByText("1 of 1 mirror stopped")).toBeVisible(patient);
  await expect(row(page, "Result per partition", topic, String(records))).toHaveCount(1);

  await page.goto(`/clusters/${cluster}/links/${link}/promote?topics=${topic}`);
  const refused = page.getByRole("cell").filter({ hasText: `Topic '${topic}' has already stopped its mirror from '${link}'` });
  await expect(refused).toBeVisible(patient);
  await expect(page.getByRole("button", { name: /^Promote/ })).toHaveAttribute("aria-disabled", "true");
}

async function deleteLink(page: Page, cluster: string, link: string): Promise<void> {
  await page.goto(`/clusters/${cluster}/links/${link}`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete link…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete link" });
  const sure = dialog.getByRole("button", { name: "Delete link" });
  await expect(sure).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox", { name: "Name of the link" }).fill(link);
  await sure.click();
  await expect(page.getByRole("heading", { level: 1, name: "Links" })).toBeVisible(patient);
  await expect(page.getByRole("link", { name: `${link} ${cluster}` })).toHaveCount(0);
}
