import { createTopic, produce, uniqueTopic } from "../support/kafka.ts";
import { chooseSides, createLink, createMirror, dropLink, idOf, patient, promote, wayTo } from "../support/links.ts";
import { row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

test("a wrong password is named at its step, and nothing that was typed is lost", async ({ page }) => {
  const link = uniqueTopic("mistaken");
  await page.goto("/links/new");
  await chooseSides(page, { source: "cloud", destination: "onprem", link });
  const way = page.getByRole("textbox", { name: "How to reach cloud" });
  await way.fill(wayTo("cloud").replaceAll("admin-secret", "not-the-password"));
  await way.blur();
  await page.getByRole("button", { name: "Test the connections" }).click();
  await expect(page.getByText("Failed at SASL").first()).toBeVisible(patient);
  await expect(page.getByRole("textbox", { name: "Name of the link" })).toHaveValue(link);
  await expect(way).toHaveValue(/bootstrap\.servers=/);
  await way.fill(wayTo("cloud"));
  await way.blur();
  await page.getByRole("button", { name: "Test the connections" }).click();
  await expect(page.getByText("The connection works").first()).toBeVisible(patient);
});

test("a topic in the way is shown before, and a mirror promoted elsewhere is not promoted again", async ({ page, request }) => {
  const [link, taken, topic] = [uniqueTopic("operators"), uniqueTopic("taken"), uniqueTopic("moved")];
  await createTopic(request, idOf("cloud"), taken);
  await createTopic(request, idOf("onprem"), taken);
  await createTopic(request, idOf("cloud"), topic);
  produce("cloud", topic, ["1", "2"]);
  try {
    await createLink(request, idOf("onprem"), link, wayTo("cloud"));
    await page.goto(`/clusters/onprem/links/${link}/add`);
    await expect(page.getByRole("checkbox", { name: `Mirror ${taken}`, exact: true })).toBeDisabled();
    await expect(row(page, "Topics of the source", taken)).toContainText(/exists/);

    await createMirror(request, idOf("onprem"), link, topic);
    await page.goto(`/clusters/onprem/links/${link}/promote?topics=${topic}`);
    await page.getByRole("checkbox", { name: "Producers on cloud are stopped" }).check();
    const start = page.getByRole("button", { name: "Promote 1 mirror" });
    await expect(start).not.toHaveAttribute("aria-disabled", "true");
    await promote(request, idOf("onprem"), link, topic);
    await page.getByRole("button", { name: "Look again" }).click();
    await expect(page.getByText(`Topic '${topic}' has already stopped its mirror from '${link}'`).last()).toBeVisible(patient);
    await expect(page.getByRole("button", { name: /^Promote/ })).toHaveAttribute("aria-disabled", "true");
  } finally {
    await dropLink(request, idOf("onprem"), link);
  }
});
