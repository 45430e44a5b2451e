// The credentials of a link that is copying, rotated on its page. Named to run after the outages, as users-and-acls.

import { type APIRequestContext, type Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { bootstrapServers, createTopic, produce, properties, uniqueTopic } from "../support/kafka.ts";
import { createLink, createMirror, dropLink, idOf, patient } from "../support/links.ts";
import { expectFits } from "../support/narrow.ts";
import { settled } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka", actionTimeout: 20_000 });

async function createUser(page: Page, user: string, password: string): Promise<void> {
  await page.goto("/access?cluster=onprem");
  await page.getByRole("button", { name: "Create a user…" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a user" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(user);
  await dialog.getByRole("checkbox", { name: /^Make a password/ }).uncheck();
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(dialog.getByText(`User ${user} has its password now`)).toBeVisible(patient);
}

async function mayRead(request: APIRequestContext, user: string, topic: string): Promise<void> {
  for (const operation of ["READ", "DESCRIBE_CONFIGS"]) {
    const data = {
      resource_type: "TOPIC", resource_name: topic, pattern_type: "LITERAL",
      principal: `User:${user}`, host: "*", operation, permission: "ALLOW",
    };
    const answer = await request.post(`/kafka/v3/clusters/${idOf("onprem")}/acls`, { data });
    expect(answer.status(), await answer.text()).toBe(201);
  }
}

const dialogOf = (page: Page) => page.getByRole("dialog", { name: "Rotate credentials" });

const login = (page: Page) => dialogOf(page).getByRole("combobox", { name: "Login" });

async function chooseRotate(page: Page): Promise<void> {
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: /^Rotate credentials…/ }).click();
  await expect(dialogOf(page)).toBeVisible();
}

async function openDialog(page: Page, link: string): Promise<void> {
  await page.goto(`/clusters/cloud/links/${link}`);
  await settled(page);
  await chooseRotate(page);
  await expect(login(page)).toBeVisible(patient);
}

/** Opens the dialog, leaves it before it has read who the link is, and opens it again. */
async function openTwice(page: Page, link: string): Promise<void> {
  let late: (() => void)[] | undefined = [];
  await page.routeWebSocket(/\/ws$/, (ours) => {
    ours.connectToServer().onMessage((message) => {
      if (late !== undefined && String(message).includes('"link_principals"')) late.push(() => ours.send(message));
      else ours.send(message);
    });
  });
  await page.goto(`/clusters/cloud/links/${link}`);
  await settled(page);
  for (const n of [1, 2]) {
    await chooseRotate(page);
    await expect.poll(() => late?.length, patient).toBe(n);
    if (n === 1) await page.keyboard.press("Escape");
  }
  for (const answer of late) answer();
  late = undefined;
  await expect(login(page)).toBeVisible(patient);
}

const state = async (request: APIRequestContext, link: string): Promise<string> => {
  const answer = await request.get(`/kafka/v3/clusters/${idOf("cloud")}/links/${link}`);
  return ((await answer.json()) as { link_state: string }).link_state;
};

test("a link's password is rotated in one dialog, shown once, and a wrong one changes nothing", async ({ page, request }) => {
  const [user, link, topic] = [uniqueTopic("rotated"), uniqueTopic("rotating"), uniqueTopic("flow")];
  await createTopic(request, idOf("onprem"), topic);
  produce("onprem", topic, ["1", "2", "3"]);
  try {
    await createUser(page, user, "first-secret");
    await mayRead(request, user, topic);
    const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="first-secret";`;
    const file = [
      `bootstrap.servers=${bootstrapServers(properties("onprem"))}`,
      "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=SCRAM-SHA-512", `sasl.jaas.config=${jaas}`,
    ].join("\n");
    await createLink(request, idOf("cloud"), link, file);
    await createMirror(request, idOf("cloud"), link, topic);

    await openTwice(page, link);
    await openDialog(page, link);
    const dialog = dialogOf(page);
    await expect(login(page)).toContainText(`${user} on onprem (SCRAM-SHA-512)`);
    // A password that the cluster does not have.
    await dialog.getByRole("checkbox", { name: /^Make a password/ }).uncheck();
    await dialog.getByRole("checkbox", { name: "Set it on onprem, too" }).uncheck();
    await dialog.getByLabel("Password", { exact: true }).fill("never-set");
    await dialog.getByRole("button", { name: "Rotate password" }).click();
    await expect(dialog.getByText(/do not work with the remote cluster, so the old ones stay/)).toBeVisible(patient);
    expect(await state(request, link)).toBe("ACTIVE");

    await dialog.getByRole("checkbox", { name: /^Make a password/ }).check();
    await dialog.getByRole("checkbox", { name: "Set it on onprem, too" }).check();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Rotate password" }).click();
    await expect(dialog.getByText(`Link ${link} logs in as ${user} with the new password`)).toBeVisible(patient);
    const password = (await dialog.getByLabel("password", { exact: true }).innerText()).trim();
    expect(password).toMatch(/^[\w-]{24}$/);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await dialog.getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain(password);

    produce("onprem", topic, ["4", "5"]);
    await page.goto(`/clusters/cloud/links/${link}/mirrors/${topic}`);
    const end = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: /^0/ }) });
    await expect(end).toContainText("5", patient);
    expect(await state(request, link)).toBe("ACTIVE");
  } finally {
    await dropLink(request, idOf("cloud"), link);
  }
});
