/**
 * `llmproxy health`: asks a gateway whether it is ready, for containers that have no other program to
 * ask with. 0: it answered 200. 1: anything else, and within the deadline.
 */
import http from 'node:http';
import https from 'node:https';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';

import { type CliContext, CliExit, EXIT, writeJson } from './context.ts';

interface Flags {
  readonly url: URL;
  readonly timeout: number;
  readonly host?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

const URL_USUAL = 'http://127.0.0.1:8080/readyz';
const TIMEOUT_MS = 3_000;
const TIMEOUT_MS_MAX = 60_000;

export function healthCommand(context: CliContext): Command {
  return new Command('health')
    .description('ask a gateway whether it is ready; exits 0 when it is, 1 when it is not')
    .option('--url <url>', 'what to ask', urlOf, new URL(URL_USUAL))
    .option('--timeout <ms>', 'how long it may take', timeoutOf, TIMEOUT_MS)
    .option('--host <name>', 'the name to ask for, where `server.hosts` names some')
    .option('--ca <file>', 'the authority of its certificate (PEM), where it is not a public one')
    .option('--json', 'the answer as JSON')
    .action(async (flags: Flags) => {
      await runHealth(flags, context);
    });
}

async function runHealth(flags: Flags, context: CliContext): Promise<void> {
  const answer = await ask(flags, caOf(flags, context));
  const isReady = answer === 200;
  if (flags.json === true) await writeJson(context.stdout, { ready: isReady, answer });
  if (isReady) return;
  const said = flags.json === true ? '' : `llmproxy: not ready: ${String(answer)}`;
  throw new CliExit(EXIT.problem, said);
}

function caOf({ ca }: Flags, { cwd }: CliContext): string | undefined {
  if (ca === undefined) return undefined;
  try {
    return readFileSync(resolve(cwd, ca), 'utf8');
  } catch {
    // The path is the operator's own, and says enough.
    throw new CliExit(EXIT.problem, `llmproxy: --ca: the file ${ca} cannot be read`);
  }
}

/** The status, or why there is none. The body is nobody's business here. */
function ask(flags: Flags, ca: string | undefined): Promise<number | string> {
  const { url, timeout, host } = flags;
  const client = url.protocol === 'https:' ? https : http;
  const headers = host === undefined ? {} : { host };
  const named = host === undefined ? {} : { servername: host };
  return new Promise((done) => {
    // Of the whole exchange: the socket's own timeout starts anew with every byte.
    const signal = AbortSignal.timeout(timeout);
    const request = client.request(url, { headers, ca, ...named, signal, agent: false });
    request.once('response', (response) => {
      done(response.statusCode ?? 0);
      response.destroy();
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      done(signal.aborted ? `no answer within ${timeout} ms` : (error.code ?? 'no answer'));
    });
    request.end();
  });
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/u.test(url.protocol)) return url;
  throw new InvalidArgumentError(`write an http or https address, such as ${URL_USUAL}`);
}

function timeoutOf(text: string): number {
  const ms = Number(text);
  if (Number.isInteger(ms) && ms > 0 && ms <= TIMEOUT_MS_MAX) return ms;
  throw new InvalidArgumentError(`write milliseconds, from 1 to ${TIMEOUT_MS_MAX}`);
}
