// How Chromium is started: the system's own build, and nothing that talks to the network by itself.

export const chromium = {
  browserName: "chromium" as const,
  launchOptions: {
    executablePath: process.env.DRAWBRIDGE_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};
