// Browser sessions that look at a gateway for as long as standard input is open: `sessions.mjs ADDRESS COUNT PAGE…`.
// Prints a line of JSON every ten seconds: what the tabs hold of JavaScript's memory, and how many errors they logged.
import { chromium } from '@playwright/test';

const [address, count, ...pages] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.DRAWBRIDGE_CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--enable-precise-memory-info'],
});
let errors = 0;
const tabs = await Promise.all(
  Array.from({ length: Number(count) }, async (_, n) => {
    // A context each: nothing is shared, as between ten people.
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', () => errors++);
    page.on('console', (message) => message.type() === 'error' && errors++);
    await page.goto(`http://${address}${pages[n % pages.length]}`);
    await page.getByRole('main').waitFor();
    return page;
  }),
);
const tell = async () => {
  const heaps = await Promise.all(tabs.map((tab) => tab.evaluate(() => performance.memory.usedJSHeapSize)));
  const live = await Promise.all(tabs.map((tab) => tab.evaluate(() => document.body.innerText.length > 0)));
  process.stdout.write(`${JSON.stringify({ heaps, live: live.filter(Boolean).length, errors })}\n`);
};
await tell();
const timer = setInterval(() => tell().catch(() => process.exit(1)), 10_000);
process.stdin.on('end', async () => {
  clearInterval(timer);
  await browser.close();
});
process.stdin.resume();
