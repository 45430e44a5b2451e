import type { Page } from "@playwright/test";
import { bothAnswer, createTopic, produce, startKafka, stopKafka, uniqueTopic } from "../support/kafka.ts";
import { createLink, createMirror, dropLink, idOf, mirrorIs, patient, promote, wayTo } from "../support/links.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });
test.describe.configure({ timeout: 300_000 });

const link = uniqueTopic("outage");
const page_of = `/clusters/cloud/links/${link}`;

test.afterEach(async ({ gateway, request }) => {
  await startKafka("onprem");
  // The gateway finds out by itself; what comes next must not meet the outage.
  await bothAnswer(gateway);
  await dropLink(request, idOf("cloud"), link);
});

test("a link is followed through an outage and back in one open page", async ({ page, request }) => {
  const topic = uniqueTopic("through-outage");
  await ready(page, topic, ["1", "2", "3"]);
  await page.goto(page_of);
  await expect(state(page)).toHaveText(/^ACTIVE/, patient);
  await expect(row(page, "Mirror topics", topic)).toContainText("ACTIVE");
  await page.evaluate(() => document.documentElement.setAttribute("data-not-reloaded", ""));

  await stopKafka("onprem");
  await expect(state(page)).toHaveText(/^UNAVAILABLE/, patient);
  await expect(page.getByText(/^For .*It is tried again by itself/)).toBeVisible();
  await expect(page.getByRole("link", { name: "Fail over…" })).toBeVisible();

  await startKafka("onprem");
  await expect(state(page)).toHaveText(/^ACTIVE/, patient);
  await expect(page.getByText(/It is tried again by itself/)).toHaveCount(0);
  produce("onprem", topic, ["4", "5"]);
  const records = async () => {
    const answer = await request.get(`/kafka/v3/clusters/${idOf("cloud")}/links/${link}/mirrors/${topic}`);
    return ((await answer.json()) as { mirror_lags: { items?: unknown[] } }).mirror_lags;
  };
  await expect.poll(records, patient).toEqual([expect.objectContaining({ lag: 0, last_source_fetch_offset: 5 })]);
  await expect(page.getByText("1 of 1 in step")).toBeVisible(patient);
  expect(await page.evaluate(() => document.documentElement.hasAttribute("data-not-reloaded"))).toBe(true);
});

test("a failover while the source is down says what is known, asks for its words and ends in a writable topic", async ({
  page,
}) => {
  const topic = uniqueTopic("lost-source");
  await ready(page, topic, ["1", "2", "3", "4"]);
  await page.goto(`${page_of}/mirrors/${topic}`);
  await expect(row(page, "Partitions", /^0/).getByRole("cell").nth(3)).toHaveText("4", patient);
  await stopKafka("onprem");

  await page.goto(page_of);
  await expect(state(page)).toHaveText(/^UNAVAILABLE/, patient);
  await page.getByRole("link", { name: "Promote…" }).click();
  // A promotion waits for a source that is not there: refused where it is asked for, with the way out.
  await expect(page.getByText(/it would never end\. .*fail over instead/)).toBeVisible(patient);
  await page.getByRole("checkbox", { name: "Producers on onprem are stopped" }).check();
  await expect(page.getByRole("button", { name: /^Promote/ })).toHaveAttribute("aria-disabled", "true");

  await page.getByRole("link", { name: "Fail over", exact: true }).first().click();
  await expect(page.getByText(/Nothing that onprem is known to have had .* is missing on cloud/)).toBeVisible(patient);
  await expect(row(page, "What is missing per partition", topic, "0", "4")).toHaveCount(1);
  const start = page.getByRole("button", { name: "Fail over 1 mirror" });
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("textbox", { name: "Confirmation" }).fill("fail over 1 mirror");
  await start.click();
  await expect(page.getByText("1 of 1 mirror stopped")).toBeVisible(patient);
  await expect(row(page, "Result per partition", topic, "0", "4")).toHaveCount(1);
  produce("cloud", topic, ["5"]);
  await page.goto(`/clusters/cloud/topics/${topic}`);
  await expect(row(page, "Partitions", /^0$/, "5")).toHaveCount(1);
});

test("two operators at once: who comes second is told where it was asked for", async ({ page, request, context }) => {
  const topic = uniqueTopic("both-want");
  await ready(page, topic, ["1"]);
  await page.goto(`${page_of}/promote?topics=${topic}`);
  await page.getByRole("checkbox", { name: "Producers on onprem are stopped" }).check();
  const start = page.getByRole("button", { name: "Promote 1 mirror" });
  await expect(start).not.toHaveAttribute("aria-disabled", "true");
  const other = await context.newPage();
  await other.goto(page_of);
  await remove(other, /1 mirror is not stopped/);

  await promote(request, idOf("cloud"), link, topic);
  await start.click();
  const refused = page.getByRole("cell").filter({ hasText: `Topic '${topic}' has already stopped its mirror from '${link}'` });
  await expect(refused).toBeVisible(patient);

  // The link goes under the dialog of somebody who wants to delete it too.
  await page.goto(page_of);
  const dialog = await remove(page);
  await dropLink(request, idOf("cloud"), link);
  await dialog.getByRole("button", { name: "Delete link" }).click();
  await expect(dialog.getByText(new RegExp(`${link}.*(not|no longer)|(not|no longer).*${link}`)).first()).toBeVisible(patient);
});

const state = (page: Page) => page.locator("main header .badge, main .page-head .badge").first();

/** A link with one mirror that has all of its source's lines. */
async function ready(page: Page, topic: string, lines: string[]): Promise<void> {
  const request = page.request;
  // The gateway finds out a moment later that a cluster which was stopped is back.
  await expect(() => createTopic(request, idOf("onprem"), topic)).toPass({ timeout: 60_000 });
  produce("onprem", topic, lines);
  // Out of reach after two seconds instead of five minutes.
  const soon = "availability.check.ms=1000\navailability.check.consecutive.failure.threshold=2\n";
  await createLink(request, idOf("cloud"), link, `${wayTo("onprem")}\n${soon}`);
  await createMirror(request, idOf("cloud"), link, topic);
  await mirrorIs(request, idOf("cloud"), link, topic, "ACTIVE");
}

/** Opens the dialog that deletes the link, with its name typed. */
async function remove(page: Page, says?: RegExp) {
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete link…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete link" });
  if (says !== undefined) await expect(dialog.getByText(says).first()).toBeVisible();
  await dialog.getByRole("textbox", { name: "Name of the link" }).fill(link);
  return dialog;
}
