// Every page about links over the demo's clusters, with what has to be there to act.

import { expect, type Page } from "@playwright/test";
import { settled } from "./page.ts";
import { pages } from "./places.ts";

const link = "/clusters/cloud/links/from-on-prem-link";

export interface Place {
  path: string;
  /** What has to be reachable on it. */
  button?: RegExp;
  /** From its first look to the state that is meant. */
  go?: (page: Page) => Promise<void>;
}

const next = (page: Page, step: string) => page.getByRole("button", { name: `Next: ${step}` }).click();

async function clusters(page: Page): Promise<void> {
  await next(page, "clusters");
  await page.getByRole("combobox", { name: "Source: data comes from" }).selectOption("on-prem");
  await page.getByRole("combobox", { name: "Destination: data goes to" }).selectOption("cloud");
  await page.getByRole("textbox", { name: "Name of the link" }).fill("one-more-link-with-a-rather-long-name-2026");
  const way = page.getByRole("textbox", { name: "How to reach on-prem" });
  await way.fill("bootstrap.servers=broker.on-prem.example:9092");
  await way.blur();
}

async function behaviour(page: Page): Promise<void> {
  await clusters(page);
  await next(page, "behaviour");
}

async function review(page: Page): Promise<void> {
  await behaviour(page);
  await next(page, "review");
  await expect(page.getByRole("heading", { name: "What is created, in this order" })).toBeVisible();
}

// Lags come a moment after the names.
const groupsRead = (page: Page) => expect(page.getByRole("row").filter({ hasText: "nightly-report" }).first()).toContainText(/\d/);

export const linkPlaces: Record<string, Place> = {
  topology: { path: "/", button: /^Fit all into view$/ },
  links: { path: "/links" },
  mirrors: { path: "/mirrors" },
  groups: { path: "/groups", go: groupsRead },
  group: { path: "/clusters/on-prem/groups/fraud-check-legacy", button: /^More$/ },
  "group-reset": { path: "/clusters/on-prem/groups/nightly-report/reset", button: /^Reset \d+ partitions$/ },
  "group-reset-active": { path: "/clusters/on-prem/groups/order-fulfilment/reset?to=newest", button: /^Look again$/ },
  "topic-groups": { path: "/clusters/on-prem/topics/orders?tab=groups", go: groupsRead },
  activity: { path: "/activity" },
  link: { path: link, button: /^More$/ },
  "link-mirrors": { path: `${link}?tab=mirrors`, button: /^Pause$/ },
  "link-verify": { path: `${link}?tab=verify`, button: /^Start comparing$/ },
  "link-configs": { path: `${link}?tab=configs` },
  "link-groups": { path: `${link}?tab=groups` },
  "link-source-half": { path: "/clusters/on-prem/links/from-on-prem-link", button: /^More$/ },
  mirror: { path: `${link}/mirrors/orders` },
  "mirrors-add": { path: `${link}/add`, button: /^Create/ },
  promote: { path: `${link}/promote`, button: /^Promote/ },
  failover: { path: `${link}/failover`, button: /^Fail over/ },
  "link-new": { path: "/links/new", button: /^Next: clusters$/ },
  "link-new-clusters": { path: "/links/new", go: clusters, button: /^Next: behaviour$/ },
  "link-new-behaviour": { path: "/links/new", go: behaviour, button: /^Next: review$/ },
  "link-new-review": { path: "/links/new", go: review, button: /^Create/ },
};

/** Every page of the console. */
export const allPlaces: Record<string, Place> = {
  ...Object.fromEntries(Object.entries(pages).map(([name, path]) => [name, { path }])),
  ...linkPlaces,
};

/** Opens a place and brings it into the state that is meant. */
export async function open(page: Page, place: Place): Promise<void> {
  await page.goto(place.path);
  await settled(page);
  await place.go?.(page);
  if (place.button !== undefined) await expect(page.getByRole("button", { name: place.button }).first()).toBeVisible();
  await settled(page);
}
