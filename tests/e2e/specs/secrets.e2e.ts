// What the gateway knows to log in with never gets into a browser that it did not come from, nor into the log.

import type { CDPSession, Page } from "@playwright/test";
import { createLink, dropLink, idOf, wayTo } from "../support/links.ts";
import { expect, test } from "../support/test.ts";

test.use({ serves: "kafka" });

const link = "with-a-secret";
/** Those of the clusters, which the link has too, and the one that encrypts them. */
const secrets = ["admin-secret", "encoder-secret"];

const places = [
  "/",
  "/links",
  `/clusters/cloud/links/${link}`,
  `/clusters/cloud/links/${link}?tab=configs`,
  "/clusters",
  "/clusters/onprem",
  "/clusters/cloud",
  "/clusters/onprem/brokers/1?tab=configs",
  "/access?cluster=cloud&tab=users",
  "/access?cluster=cloud&tab=grants",
  "/activity",
];

test("no page brings a secret into the browser's memory, and none is logged", async ({ page, request, gateway }) => {
  test.slow();
  await page.addInitScript(keepMemories);
  await createLink(request, idOf("cloud"), link, wayTo("onprem"));
  try {
    for (const place of places) {
      await page.goto(place);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      const held = await memory(page);
      // What is there is found.
      expect(held.scripts.includes("instantiateStreaming"), place).toBe(true);
      expect(held.program.includes("drawbridge.v1"), place).toBe(true);
      const all = held.scripts + held.program;
      expect(secrets.filter((secret) => all.includes(secret)), place).toEqual([]);
    }
  } finally {
    await dropLink(request, idOf("cloud"), link);
  }
  expect(secrets.filter((secret) => gateway.log.includes(secret))).toEqual([]);
});

/** Everything the page holds: the objects of its scripts and the memory of its program. */
async function memory(page: Page): Promise<{ scripts: string; program: string }> {
  const tools = await page.context().newCDPSession(page);
  const held = { scripts: await heap(tools), program: await linear(page) };
  await tools.detach();
  return held;
}

async function heap(tools: CDPSession): Promise<string> {
  const pieces: string[] = [];
  tools.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => pieces.push(chunk));
  await tools.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  return pieces.join("");
}

/** Keeps hold of the memory of every program that the page starts. */
function keepMemories(): void {
  const memories: WebAssembly.Memory[] = [];
  Object.assign(globalThis, { memories });
  const keep = ({ instance }: WebAssembly.WebAssemblyInstantiatedSource) => {
    const { memory } = instance.exports;
    if (memory instanceof WebAssembly.Memory) memories.push(memory);
  };
  const start = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...program) => {
    const started = await start(...program);
    keep(started);
    return started;
  };
}

function linear(page: Page): Promise<string> {
  return page.evaluate(() => {
    // Bytes as characters: every text of ASCII stays what it is.
    const decoder = new TextDecoder("latin1");
    const { memories } = globalThis as unknown as { memories: WebAssembly.Memory[] };
    return memories.map((memory) => decoder.decode(memory.buffer)).join("\n");
  });
}
