import type { Page } from "@playwright/test";
import { bootstrapServers, properties } from "../support/kafka.ts";
import { expectNoRow, expectRow, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

async function type(page: Page, name: string, text: string): Promise<void> {
  await page.goto("/clusters/new");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  const field = page.getByRole("textbox", { name: "Properties", exact: true });
  await field.fill(text);
  await field.blur();
}

test("a pasted properties file is tested, added and can be removed again", async ({ page }) => {
  await type(page, "pasted", properties("onprem"));
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(page.getByText("The connection works")).toBeVisible();
  await page.getByRole("button", { name: "Add cluster" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "pasted" })).toBeVisible();
  await expect(page.getByText("healthy").first()).toBeVisible();
  await page.getByRole("button", { name: "Remove cluster…" }).click();
  await page.getByRole("dialog", { name: "Remove pasted?" }).getByRole("button", { name: "Remove pasted" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Clusters" })).toBeVisible();
  await expectNoRow(page, "Clusters", /^pasted/);
});

test("a password leaves the screen with the field, and no part of the page holds it", async ({ page }) => {
  await type(page, "secret", properties("onprem"));
  const field = page.getByRole("textbox", { name: "Properties", exact: true });
  await expect(field).not.toHaveValue(/admin-secret/);
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(page.getByText("The connection works")).toBeVisible();
  expect(await page.content()).not.toContain("admin-secret");
  await page.getByRole("checkbox", { name: "Show secrets" }).check();
  await expect(field).toHaveValue(/admin-secret/);
});

test("the verdict of a test stands only beside the properties that were tested", async ({ page }) => {
  await type(page, "tested", properties("onprem"));
  const field = page.getByRole("textbox", { name: "Properties", exact: true });
  const works = page.getByText("The connection works");
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(works).toBeVisible();
  await page.getByRole("checkbox", { name: "Show secrets" }).check();
  await expect(works).toBeVisible();
  const text = await field.inputValue();
  await field.fill(`${text}\nclient.id=other`);
  await expect(works).toBeHidden();
  await field.fill(text);
  await expect(works).toBeVisible();
});

test("a name that is taken or cannot be part of a URL is refused at its field", async ({ page }) => {
  await type(page, "onprem", "bootstrap.servers=127.0.0.1:9092");
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("button", { name: "Add cluster" })).toHaveAttribute("aria-disabled", "true");
  await name.fill("a/b");
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await name.fill("a.b");
  await expect(name).not.toHaveAttribute("aria-invalid", "true");
});

test("a cluster that does not answer can be added and says why it is down", async ({ page }) => {
  await type(page, "dark", "bootstrap.servers=127.0.0.1:1");
  await page.getByRole("button", { name: "Add cluster" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "dark" })).toBeVisible();
  await expect(page.getByText("127.0.0.1:1").first()).toBeVisible();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Clusters" }).click();
  const down = row(page, "Clusters", /^dark/);
  await expect(down.getByRole("cell").first()).toContainText("down");
  await expectRow(page, "Clusters", /127\.0\.0\.1:1: nothing listens on the port/, /next try in/);
  await expect(page.getByText("127.0.0.1:1: Connection refused")).toBeVisible();
  // The others go on.
  await expectRow(page, "Clusters", /^onprem/, /healthy/);
  await down.getByRole("link", { name: "dark", exact: true }).click();
  await page.getByRole("button", { name: "Remove cluster…" }).click();
  await page.getByRole("button", { name: "Remove dark" }).click();
  await expectNoRow(page, "Clusters", /^dark/);
});

/** Settings that cannot work, the step that must fail, and a word its explanation must have. */
const mistakes: { what: string; text: () => string; step: string; says: RegExp }[] = [
  {
    what: "a wrong password",
    text: () => properties("onprem").replaceAll("admin-secret", "not-the-password"),
    step: "SASL",
    says: /password/i,
  },
  {
    what: "a mechanism the broker does not offer",
    text: () =>
      properties("onprem")
        .replace(/^sasl\.mechanism=.*$/m, "sasl.mechanism=PLAIN")
        .replace("scram.ScramLoginModule", "plain.PlainLoginModule"),
    step: "SASL",
    says: /mechanism|SCRAM/i,
  },
  {
    what: "an authority that did not sign the broker's certificate",
    text: () => properties("cloud").replace(/^ssl\.truststore\..*\n/gm, ""),
    step: "TLS",
    says: /certificate|ssl\.truststore/i,
  },
  {
    what: "TLS spoken to a port without TLS",
    text: () => swapServers(properties("cloud"), properties("cloud", "plain-admin")),
    step: "TLS",
    says: /TLS|security\.protocol/i,
  },
  {
    what: "no TLS spoken to a port with TLS",
    text: () => swapServers(properties("cloud", "plain-admin"), properties("cloud")),
    step: "SASL|TLS|Authorisation|TCP",
    says: /TLS|SSL/i,
  },
  {
    what: "a host name that does not exist",
    text: () => "bootstrap.servers=no-such-host.invalid:9092",
    step: "Resolve",
    says: /no-such-host\.invalid/,
  },
  {
    what: "a port nobody listens on",
    text: () => "bootstrap.servers=127.0.0.1:1",
    step: "TCP",
    says: /refused/i,
  },
];

for (const { what, text, step, says } of mistakes) {
  test(`the test of a connection pinpoints ${what}`, async ({ page }) => {
    await type(page, "mistake", text());
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(page.getByText(new RegExp(`^Failed at (${step})$`))).toBeVisible({ timeout: 40_000 });
    const failed = page.getByRole("listitem").filter({ hasText: new RegExp(`^(${step}) failed`) });
    await expect(failed).toHaveCount(1);
    await expect(failed).toContainText(says);
  });
}

test("a misspelt property is named, with the nearest valid one", async ({ page }) => {
  await type(page, "typo", "bootstrap.server=127.0.0.1:9092");
  await page.getByRole("button", { name: "Test connection" }).click();
  const failed = page.getByRole("listitem").filter({ hasText: /^Properties failed/ });
  await expect(failed.getByText(/bootstrap\.server\b.*bootstrap\.servers/)).toBeVisible();
});

function swapServers(text: string, other: string): string {
  return text.replace(bootstrapServers(text), bootstrapServers(other));
}
