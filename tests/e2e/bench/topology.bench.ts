// How long frames of the topology take with 200 links and 50 updates a second, beside an empty page of the same run.

import { expect, type Page, test } from "@playwright/test";
import { startMock } from "./mock.ts";

const [links, clusters, perSecond, seconds] = [200, 20, 50, 10];

test("frames of the topology", async ({ page }) => {
  const mock = await startMock(links, clusters);
  try {
    await page.goto(`${mock.url}/empty`);
    const empty = figures(await frames(page));
    await page.goto(mock.url);
    await expect(page.locator(".map .card")).toHaveCount(links);
    const still = figures(await frames(page));
    mock.update(perSecond);
    await expect.poll(mock.sent).toBeGreaterThan(perSecond);
    const moving = figures(await frames(page));
    // A drawing that stands still is what reduced motion shows; it tells the updates from the animation.
    await page.emulateMedia({ reducedMotion: "reduce" });
    const calm = figures(await frames(page));
    mock.update(0);
    const rows: [string, Figures][] = [
      ["empty page", empty],
      [`${links} links, no updates`, still],
      [`${links} links, ${perSecond} updates/s`, moving],
      ["the same, reduced motion", calm],
    ];
    console.log(`${"milliseconds a frame".padEnd(28)}   mean    p50    p95    p99  worst  dropped  frames/s`);
    for (const [name, of] of rows) {
      const times = [of.mean, of.p50, of.p95, of.p99, of.worst].map((ms) => ms.toFixed(1).padStart(6)).join(" ");
      console.log(`${name.padEnd(28)} ${times} ${String(of.dropped).padStart(8)} ${of.perSecond.toFixed(1).padStart(9)}`);
    }
    console.log(`${(moving.mean / empty.mean).toFixed(2)} times the mean frame of the empty page`);
  } finally {
    mock.stop();
  }
});

/** Times between frames, in milliseconds. */
function frames(page: Page): Promise<number[]> {
  return page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        let before = performance.now();
        const end = before + ms;
        const next = (now: number) => {
          times.push(now - before);
          before = now;
          if (now < end) requestAnimationFrame(next);
          else resolve(times.slice(1));
        };
        requestAnimationFrame(next);
      }),
    seconds * 1_000,
  );
}

interface Figures {
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  worst: number;
  /** Frames of a 60 Hz screen that were not drawn. */
  dropped: number;
  perSecond: number;
}

function figures(times: number[]): Figures {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const dropped = times.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / (1_000 / 60)) - 1), 0);
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1), dropped, perSecond: 1_000 / mean };
}
