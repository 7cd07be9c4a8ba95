/** A real gateway: the program in a process of its own, on a folder of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm test` builds it first; a test that is run alone starts the source. */
export const PROGRAM =
  process.env['LLMPROXY_TEST_PROGRAM'] ?? join(import.meta.dirname, '..', '..', 'bin', 'llmproxy');
/** What of it is given to Node. */
export const MAIN =
  process.env['LLMPROXY_TEST_MAIN'] ?? join(import.meta.dirname, '..', '..', 'src', 'main.ts');
/** On a machine that does much else at the same time; alone it takes a second or two. */
const START_MS_MAX = 60_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly stderr: () => string;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<Exit>;
}

/** Of data folders: what gateways of one store must have in common; never the whole folder. */
export function shareSecrets(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of ['pepper', 'root-key']) copyFileSync(join(from, name), join(to, name));
}

/** A folder with a configuration, and the commands on it. `dir` of your own is not removed. */
export class GatewayFolder {
  readonly dir: string;
  readonly #isOwn: boolean;
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();

  constructor(yaml: string, env: NodeJS.ProcessEnv = {}, dir?: string) {
    this.#isOwn = dir === undefined;
    this.dir = dir ?? mkdtempSync(join(tmpdir(), 'llmproxy-process-'));
    this.#env = env;
    const admin = 'admin: { listen: "127.0.0.1:0" }';
    writeFileSync(
      this.config,
      `version: 1\ndataDir: ${join(this.dir, 'data')}\n${yaml}\n${admin}\n`,
    );
  }

  get config(): string {
    return join(this.dir, 'llmproxy.yaml');
  }

  get auditDir(): string {
    return join(this.dir, 'data', 'audit');
  }

  /** Resolves when it serves. `program`: of another tree. */
  async start(program: string = PROGRAM): Promise<GatewayProcess> {
    const child = spawn(program, ['serve', '--config', this.config], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // The last of it is what a failing test needs to show.
      stderr = (stderr + text).slice(-20_000);
    });
    const exited = once(child, 'exit').then(([code, signal]: unknown[]): Exit => {
      this.#children.delete(child);
      return {
        code: typeof code === 'number' ? code : null,
        signal: (signal ?? null) as NodeJS.Signals | null,
      };
    });
    let line = '';
    const ready = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready: ${stderr}`)), START_MS_MAX);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        line += text;
        if (!line.includes('\n')) return;
        clearTimeout(timer);
        resolve(line);
      });
      exited.then(() => {
        clearTimeout(timer);
        reject(new Error(`it stopped at its start: ${stderr}`));
      });
    });
    const said = JSON.parse(await ready) as { ready: boolean; data: string; admin: string };
    assert.equal(said.ready, true);
    assert.ok(child.pid !== undefined);
    return {
      url: said.data,
      adminUrl: said.admin,
      pid: child.pid,
      stderr: () => stderr,
      kill: (signal) => void child.kill(signal),
      exited,
    };
  }

  /** A command of the program, to its end. */
  run(...args: string[]): { readonly code: number | null; readonly out: string } {
    return this.runBy(PROGRAM, ...args);
  }

  /** The same by the program of another tree. */
  runBy(
    program: string,
    ...args: string[]
  ): { readonly code: number | null; readonly out: string } {
    const ran = spawnSync(program, [...args, '--config', this.config], {
      env: { ...process.env, ...this.#env },
      encoding: 'utf8',
      timeout: START_MS_MAX,
    });
    return { code: ran.status, out: ran.stdout };
  }

  /** A key, made by the program itself. */
  key(tenant: string): { readonly id: string; readonly key: string } {
    const { code, out } = this.run(
      'keys',
      'create',
      '--tenant',
      tenant,
      '--user',
      'alice',
      '--json',
    );
    assert.equal(code, 0, out);
    return JSON.parse(out) as { id: string; key: string };
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    if (this.#isOwn) rmSync(this.dir, { recursive: true, force: true });
  }
}
