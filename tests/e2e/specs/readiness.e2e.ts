import type { APIRequestContext, Page } from "@playwright/test";
import { patient } from "../support/links.ts";
import { expect, test } from "../support/test.ts";

const link = "from-on-prem-link";

/** REST's address of the demo's link. */
async function address(request: APIRequestContext): Promise<string> {
  const answer = (await (await request.get("/kafka/v3/clusters")).json()) as { data: { cluster_id: string }[] };
  const id = answer.data.map((cluster) => cluster.cluster_id).find((id) => id.includes("cloud"));
  return `/kafka/v3/clusters/${id}/links/${link}/mirrors`;
}

const act = async (request: APIRequestContext, verb: string, topic: string) => {
  const answer = await request.post(`${await address(request)}:${verb}`, { data: { mirror_topic_names: [topic] } });
  expect(answer.ok(), await answer.text()).toBe(true);
};

const readiness = (page: Page) =>
  page.locator("section", { has: page.getByRole("heading", { name: "Readiness", exact: true }) });

test("readiness says what stands in the way, how many groups are ready and where the lag is heading", async ({ page, request }) => {
  await page.goto(`/clusters/cloud/links/${link}/promote`);
  const panel = readiness(page);
  await expect(panel.getByText("Link and mirrors are ready")).toBeVisible(patient);
  await expect(panel.getByText(/^\d+ of \d+ groups ready$/)).toBeVisible(patient);
  // Not known at first, and never a 0 for that.
  await expect(panel.getByText(/^Lag of the link: (nothing is missing now|shrinking by|growing by|steady)/)).toBeVisible(patient);

  await act(request, "pause", "customers");
  try {
    await expect(panel.getByText("customers is PAUSED")).toBeVisible(patient);
    await expect(panel.getByText("Link and mirrors are ready")).toBeHidden();
  } finally {
    await act(request, "resume", "customers");
  }
  await expect(panel.getByText("Link and mirrors are ready")).toBeVisible(patient);
});

test("lists draw the last half hour and say how much of it is known", async ({ page }) => {
  await page.goto("/mirrors");
  const table = page.getByRole("table", { name: "Mirror topics" });
  await expect(table.getByRole("img", { name: /^Throughput of orders, last .+; nothing is known before$/ })).toBeVisible(patient);
  await page.goto("/links");
  const links = page.getByRole("table", { name: "Links" });
  await expect(links.getByRole("img", { name: /^Throughput of from-cloud-link, last / })).toBeVisible(patient);
  await page.goto(`/clusters/cloud/links/${link}`);
  await expect(page.getByRole("heading", { name: "Mirrors that need a look first" })).toBeVisible();
});

test("curves end when the connection was lost, and go on when it is back", async ({ page }) => {
  await page.clock.install();
  let isCut = false;
  let cut = () => {};
  await page.routeWebSocket(/\/ws$/, (ours) => {
    if (isCut) return ours.close();
    ours.connectToServer();
    cut = () => ours.close();
  });
  await page.goto(`/clusters/cloud/links/${link}`);
  const curve = (until: RegExp) =>
    page.getByRole("img", { name: new RegExp(`^Throughput over the last 30 minutes: ${until.source} `) });
  await expect(curve(/now/)).toBeVisible(patient);
  isCut = true;
  cut();
  await expect(page.getByRole("button", { name: /^reconnecting/ })).toBeVisible();
  await page.clock.fastForward(120_000);
  await expect(curve(/2 min ago/)).toBeVisible();
  isCut = false;
  await page.clock.fastForward(60_000);
  await expect(curve(/now/)).toBeVisible(patient);
});
