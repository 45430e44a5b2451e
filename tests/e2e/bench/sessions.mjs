// Browser sessions that look at a gateway for as long as standard input is open: `sessions.mjs ADDRESS COUNT PAGE…`.
// Prints a line of JSON every two seconds: what the tabs hold, of JavaScript and of the program, and how many errors
// they logged.
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
    await page.addInitScript(() => {
      globalThis.memories = [];
      const start = WebAssembly.instantiateStreaming;
      WebAssembly.instantiateStreaming = async (...program) => {
        const started = await start(...program);
        const { memory } = started.instance.exports;
        if (memory) globalThis.memories.push(memory);
        return started;
      };
    });
    await page.goto(`http://${address}${pages[n % pages.length]}`);
    await page.getByRole('main').waitFor();
    return page;
  }),
);
const tell = async () => {
  const held = () => globalThis.memories.reduce((sum, { buffer }) => sum + buffer.byteLength, performance.memory.usedJSHeapSize);
  const memory = await Promise.all(tabs.map((tab) => tab.evaluate(held)));
  const live = await Promise.all(tabs.map((tab) => tab.evaluate(() => document.body.innerText.length > 0)));
  process.stdout.write(`${JSON.stringify({ memory, live: live.filter(Boolean).length, errors })}\n`);
};
await tell();
const timer = setInterval(() => tell().catch(() => process.exit(1)), 2_000);
process.stdin.on('end', async () => {
  clearInterval(timer);
  await browser.close();
});
process.stdin.resume();
