/**
 * Chromium, in a process of its own: what drives it makes code from text, which the flags of the
 * gateway's process forbid. Prints where it is to be found; ends with its standard input.
 */
import { chromium } from 'playwright-core';

const server = await chromium.launchServer({
  executablePath: process.argv[2] ?? '',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
process.stdout.write(`${server.wsEndpoint()}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  void server.close().then(() => process.exit(0));
});
