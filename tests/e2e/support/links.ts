// Links through the gateway's REST interface and through the wizard, for specifications that need one.

import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { type ClusterName, clusterId, properties } from "./kafka.ts";

/** Waiting for a link or a mirror takes longer than for a page. */
export const patient = { timeout: 60_000 };

const links = (cluster: string) => `/kafka/v3/clusters/${cluster}/links`;

/** The lines of a properties file as REST takes them. */
export function configs(file: string): { name: string; value: string }[] {
  const lines = file.split("\n").filter((line) => /^[^#=]+=/.test(line));
  return lines.map((line) => {
    const at = line.indexOf("=");
    return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
  });
}

/** A link on `to` that dials `from` with these client properties. */
export async function createLink(request: APIRequestContext, to: string, link: string, file: string): Promise<void> {
  const data = { configs: configs(file) };
  const create = async () => {
    const answer = await request.post(`${links(to)}?link_name=${link}`, { data });
    return answer.status() === 201 ? "created" : answer.text();
  };
  // A gateway that just started does not run the links of its clusters at once.
  await expect.poll(create, patient).toBe("created");
  const state = async () => ((await (await request.get(`${links(to)}/${link}`)).json()) as { link_state?: string }).link_state;
  await expect.poll(state, patient).toBe("ACTIVE");
}

/** A mirror of a topic, once it is active. */
export async function createMirror(request: APIRequestContext, to: string, link: string, topic: string): Promise<void> {
  const answer = await request.post(`${links(to)}/${link}/mirrors`, { data: { source_topic_name: topic } });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  await mirrorIs(request, to, link, topic, "ACTIVE");
}

export async function mirrorIs(request: APIRequestContext, to: string, link: string, topic: string, wanted: string): Promise<void> {
  const state = async () => {
    const answer = await request.get(`${links(to)}/${link}/mirrors/${topic}`);
    return ((await answer.json()) as { mirror_status?: string }).mirror_status;
  };
  await expect.poll(state, patient).toBe(wanted);
}

/** Promotes mirrors behind the back of whoever looks at a page. */
export async function promote(request: APIRequestContext, to: string, link: string, topic: string): Promise<void> {
  const answer = await request.post(`${links(to)}/${link}/mirrors:promote`, { data: { mirror_topic_names: [topic] } });
  expect(answer.ok(), await answer.text()).toBe(true);
  await mirrorIs(request, to, link, topic, "STOPPED");
}

/** Ends a link and lets its mirrors go, so that other specifications see none of it. */
export async function dropLink(request: APIRequestContext, on: string, link: string): Promise<void> {
  const answer = await request.delete(`${links(on)}/${link}?force=true`);
  expect([204, 404], await answer.text()).toContain(answer.status());
}

/** A cluster's client properties as the file of a link that dials it. */
export const wayTo = (name: ClusterName): string => properties(name);

/** Its id, for REST. */
export const idOf = (name: ClusterName): string => clusterId(name);

/** Pastes a config file into the wizard's first step. */
export async function pasteFile(page: Page, text: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Or begin with a config file" });
  await field.fill(text);
  await field.blur();
  // What was taken leaves the field.
  await expect(field).toHaveValue("");
}

/** Fills the wizard's second step, and what is typed into the side that dials when `way` is given. */
export async function chooseSides(page: Page, sides: { source: string; destination: string; link: string }): Promise<void> {
  await page.getByRole("button", { name: "Next: clusters" }).click();
  await page.getByRole("combobox", { name: "Source: data comes from" }).selectOption(sides.source);
  await page.getByRole("combobox", { name: "Destination: data goes to" }).selectOption(sides.destination);
  await page.getByRole("textbox", { name: "Name of the link" }).fill(sides.link);
}
