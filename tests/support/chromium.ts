/**
 * The dashboard in the Chromium of this machine. Everything that the browser complains about is kept:
 * a test that does not look at `complaints` has not seen the page.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

import { buildDashboard } from './built-dashboard.ts';
import { programOf } from './programs.ts';

const SERVER = join(import.meta.dirname, 'chromium-server.ts');
/** The pictures of the guide are made by the tests, when they are asked to: they change with every run. */
export const KEEPS_SHOTS = process.env['LLMPROXY_KEEP_SHOTS'] === '1';
const GUIDE_SHOTS = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'screenshots');
const SHOTS = join(import.meta.dirname, '..', '..', 'build', 'screenshots');

export interface Viewer {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console, refusals of the content security policy, exceptions, outside requests. */
  readonly complaints: string[];
  readonly shot: (name: string) => Promise<void>;
}

export interface Chromium {
  /** `locale`: what the browser asks for, instead of English. */
  readonly view: (address: string, locale?: string) => Promise<Viewer>;
  readonly close: () => Promise<void>;
}

/** The first question of the page, whether there is a session, has this answer when there is none. */
const isFirstQuestion = (url: string): boolean => new URL(url).pathname.endsWith('/admin/v1/me');

/** Builds the dashboard where it is not: a gateway that is opened after this serves it. */
export async function openChromium(): Promise<Chromium> {
  await buildDashboard();
  // One that is missing is installed: a page that nobody has looked at is not tested.
  const program = process.env['CHROMIUM'] ?? (await programOf('/usr/bin/chromium', 'chromium'));
  const server = spawn(process.execPath, [SERVER, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [endpoint] = (await once(createInterface(server.stdout), 'line')) as [string];
  const browser: Browser = await chromium.connect(endpoint);
  return {
    async view(address, locale = 'en-US') {
      const context = await browser.newContext({ locale, viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      const complaints: string[] = [];
      watch(page, address, complaints);
      await page.goto(address);
      const shot = async (name: string): Promise<void> => {
        mkdirSync(SHOTS, { recursive: true });
        await page.screenshot({ path: join(SHOTS, `${name}.png`) });
        if (KEEPS_SHOTS && name.endsWith('-light')) {
          const path = join(GUIDE_SHOTS, `${name.replace(/-light$/u, '')}.jpg`);
          await page.screenshot({ path, type: 'jpeg', quality: 50 });
        }
      };
      return { page, context, complaints, shot };
    },
    async close() {
      await browser.close();
      server.stdin.end();
      await once(server, 'exit');
    },
  };
}

function watch(page: Page, address: string, complaints: string[]): void {
  const { origin } = new URL(address);
  page.on('console', (message) => {
    const { url } = message.location();
    const isExpected = /status of 401/u.test(message.text()) && isFirstQuestion(url);
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    if (isComplaint && !isExpected) complaints.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    const isInside = url.startsWith(origin) || url.startsWith('blob:') || url.startsWith('data:');
    if (!isInside) complaints.push(`outside request: ${url}`);
  });
}

/** Signs in with an admin token; a one-time token is exchanged, and the new one put away. */
export async function signIn({ page }: Viewer, token: string): Promise<void> {
  const other = page.getByRole('button', { name: 'Use an admin token' });
  const field = page.getByLabel('Admin token');
  await other.or(field).first().waitFor();
  if (await other.isVisible()) await other.click();
  await field.fill(token);
  await page.getByRole('button', { name: 'Sign in with the token' }).click();
  const once = page.getByRole('button', { name: 'I have it' });
  const nav = page.getByRole('navigation', { name: 'Pages' });
  await once.or(nav).first().waitFor();
  if (await once.isVisible()) await once.click();
  await nav.waitFor();
}

export async function goTo({ page }: Viewer, title: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: title, exact: true })
    .click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await settled(page);
}

/** Nothing loads any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('.skeleton, [aria-busy=true]').first().waitFor({ state: 'detached' });
}

/** What is in a dialog is done there. */
export const dialogOf = (page: Page) => page.getByRole('dialog');

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What of WCAG 2.2 AA the page does not hold, as axe sees it. */
export async function inaccessible(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(AXE);
  const run = `axe.run({ runOnly: ${JSON.stringify(WCAG)} }).then(({ violations }) => violations)`;
  const found = (await page.evaluate(run)) as readonly AxeFinding[];
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
