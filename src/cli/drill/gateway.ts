/** A gateway of a drill: this program, in a process and a folder of its own, on ports of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { verifyLog } from '#audit/verify.ts';
import { Fault } from '#domain/fault.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { type Child, startChild } from './child.ts';
import { type Answer, ask, textAt } from './http.ts';

const START_MS_MAX = 30_000;

export interface GatewayParts {
  /** How this program is started, without its arguments. */
  readonly program: readonly string[];
  readonly dir: string;
  readonly yaml: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface MadeKey {
  readonly id: string;
  readonly key: string;
}

export class DrillGateway {
  readonly #parts: GatewayParts;
  #child: Child | null = null;
  #url = '';
  #adminUrl = '';
  #token = '';

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const listen = 'server: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }';
    writeFileSync(
      this.#config,
      `version: 1\ndataDir: ${JSON.stringify(this.dataDir)}\n${listen}\n${parts.yaml}\n`,
      { mode: 0o600 },
    );
  }

  get dataDir(): string {
    return join(this.#parts.dir, 'data');
  }

  get #config(): string {
    return join(this.#parts.dir, 'llmproxy.yaml');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it has said on stderr. */
  get log(): string {
    return this.#child?.err ?? '';
  }

  get url(): string {
    return this.#url;
  }

  get adminUrl(): string {
    return this.#adminUrl;
  }

  /** False: it ended instead, and has said why. */
  async tryStart(): Promise<boolean> {
    const { program, env } = this.#parts;
    const child = await startChild([...program, 'serve', '--config', this.#config], { env });
    this.#child = child;
    const ready = parseJson((await child.line(START_MS_MAX)) ?? '');
    if (!isJsonObject(ready) || ready['ready'] !== true) {
      await child.kill();
      return false;
    }
    this.#url = textAt(ready, 'data');
    this.#adminUrl = textAt(ready, 'admin');
    return true;
  }

  async start(): Promise<void> {
    if (await this.tryStart()) return;
    throw new Fault('internal', `a gateway of the drill did not start: ${this.log.slice(-500)}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.signal(name);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** An orderly stop; null: it did not end in time and was killed. */
  async stop(deadlineMs: number): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    child.signal('SIGTERM');
    const timer = setTimeout(() => child.signal('SIGKILL'), deadlineMs);
    const code = await child.exited;
    clearTimeout(timer);
    return code;
  }

  get auditDir(): string {
    return join(this.dataDir, 'audit');
  }

  /** As `audit verify` says it: 0 is intact, 4 intact with an end that no checkpoint has yet. */
  isLogIntact(): boolean {
    return [0, 4].includes(verifyLog(this.auditDir).exit);
  }

  async ready(): Promise<Answer> {
    return await ask(`${this.#url}/readyz`);
  }

  call(key: string, more: JsonObject = {}): Promise<Answer> {
    const body = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], ...more };
    return ask(`${this.#url}/v1/chat/completions`, { method: 'POST', token: key, body });
  }

  async status(key: string, more: JsonObject = {}): Promise<number> {
    return (await this.call(key, more)).status;
  }

  /** As an administrator: the one-time token is exchanged for one that stays. */
  async admin(method: string, path: string, body?: JsonObject, etag?: string): Promise<Answer> {
    if (this.#token === '') this.#token = await this.#signIn();
    return await ask(`${this.#adminUrl}/admin/v1/${path}`, {
      method,
      token: this.#token,
      ...(body !== undefined && { body }),
      ...(etag !== undefined && { headers: { 'if-match': etag } }),
    });
  }

  async #signIn(): Promise<string> {
    const oneTime = readFileSync(join(this.dataDir, 'admin-token'), 'utf8').trim();
    const asked = { method: 'POST', token: oneTime, body: {} };
    const { json } = await ask(`${this.#adminUrl}/admin/v1/sessions`, asked);
    return textAt(json, 'token');
  }

  async done(method: string, path: string, body?: JsonObject, etag?: string): Promise<Answer> {
    const answer = await this.admin(method, path, body, etag);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Fault('internal', `${method} ${path} of the drill was answered ${answer.status}`);
  }

  async key(tenant = 'acme'): Promise<MadeKey> {
    const { json } = await this.done('POST', 'keys', { tenant, user: 'ann' });
    return { id: textAt(json, 'id'), key: textAt(json, 'key') };
  }

  async revoke({ id }: MadeKey): Promise<void> {
    const { headers } = await this.done('GET', `keys/${id}`);
    await this.done('DELETE', `keys/${id}`, undefined, String(headers['etag']));
  }

  /** A number of `/metrics`; null: there is none. */
  async metric(name: string): Promise<number | null> {
    const { text } = await ask(`${this.#adminUrl}/metrics`);
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  }
}
