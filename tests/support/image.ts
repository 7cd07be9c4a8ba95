/**
 * The image without an engine for containers: the steps of the Dockerfile in folders, one a stage, and
 * the last of them started as a container is: its own root that nobody can write to, its own network
 * and processes, a user that is not root.
 *
 * What is not the real thing: the base of the last stage is the libraries that Node needs on this
 * machine, and where `isShort`, `npm ci` is a copy of what is installed here.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { contextOf, type Stage, type Step, stagesOf } from './dockerfile.ts';

export interface ImageOptions {
  readonly root: string;
  /** Where the stages are laid out. */
  readonly into: string;
  readonly dockerfile: string;
  readonly isShort: boolean;
}

export class Image {
  readonly #options: ImageOptions;
  readonly stages: readonly Stage[];

  constructor(options: ImageOptions) {
    this.#options = options;
    this.stages = stagesOf(options.dockerfile);
  }

  dirOf(stage: string): string {
    return join(this.#options.into, stage);
  }

  /** Runs each stage, in order. The name of the last one is `image`. */
  build(): void {
    for (const [index, stage] of this.stages.entries()) {
      const isLast = index === this.stages.length - 1;
      const dir = this.dirOf(isLast ? 'image' : (stage.name ?? `${index}`));
      mkdirSync(dir, { recursive: true });
      if (stage.image.startsWith('node:')) layNode(dir);
      if (isLast) layBase(dir);
      let workDir = '/';
      for (const step of stage.steps) workDir = this.#step(step, dir, workDir);
    }
  }

  #step(step: Step, dir: string, workDir: string): string {
    if (step.word === 'WORKDIR') {
      mkdirSync(join(dir, step.text), { recursive: true });
      return step.text;
    }
    if (step.word === 'COPY') this.#copy(step, join(dir, workDir), dir);
    if (step.word === 'RUN') this.#run(step.text, dir, workDir);
    return workDir;
  }

  #copy({ flags, text }: Step, workDir: string, dir: string): void {
    const paths = text.split(' ');
    const to = paths.pop() ?? '';
    const target = to.startsWith('/') ? join(dir, to) : resolve(workDir, to);
    const from = flags['from'];
    for (const path of paths) {
      if (from === undefined) this.#copyContext(path, target, to.endsWith('/'));
      else copyInto(join(this.dirOf(from), path), target, to.endsWith('/'));
    }
    const [uid, gid] = (flags['chown'] ?? '').split(':').map(Number);
    if (uid !== undefined && gid !== undefined && process.getuid?.() === 0)
      chownSync(target, uid, gid);
  }

  #copyContext(path: string, target: string, isFolder: boolean): void {
    const { root } = this.#options;
    const files = contextOf(root).filter(
      (file) => path === '.' || file === path || file.startsWith(`${path}/`),
    );
    assert.ok(files.length > 0, `${path} is in what the builder is sent`);
    for (const file of files) {
      const at =
        path === '.'
          ? join(target, file)
          : isFolder
            ? join(target, file.split('/').at(-1) ?? '')
            : target;
      mkdirSync(dirname(at), { recursive: true });
      copyFileSync(join(root, file), at);
      chmodSync(at, statSync(join(root, file)).mode);
    }
  }

  #run(command: string, dir: string, workDir: string): void {
    const { root, isShort } = this.#options;
    const cwd = join(dir, workDir);
    if (isShort && command.startsWith('npm ci ')) {
      // As links: the same files, and nobody writes to them.
      const ran = spawnSync('cp', ['-al', join(root, 'node_modules'), cwd]);
      if (ran.status !== 0)
        cpSync(join(root, 'node_modules'), join(cwd, 'node_modules'), { recursive: true });
      rmSync(join(cwd, 'node_modules', '.cache'), { recursive: true, force: true });
      return;
    }
    // A step names folders of its own root by their full paths.
    const here = command.replaceAll(/(?<=\s)\/(?=empty|src|opt)/gu, `${dir}/`);
    const path = `${join(dir, 'usr', 'local', 'bin')}:${process.env['PATH'] ?? ''}`;
    // npm asks the registry that it is set up for here; everything else knows nothing of this machine.
    const around = command.startsWith('npm ') ? process.env : { HOME: dir, LANG: 'C.UTF-8' };
    const env = { ...around, PATH: path };
    const ran = spawnSync('/bin/sh', ['-c', here], { cwd, env, encoding: 'utf8' });
    assert.equal(ran.status, 0, `${command}\n${ran.stdout}${ran.stderr}`);
  }

  /** A script of a shell of this machine, beside the image: `$inside` before a command runs it there. */
  runContainer(dataDir: string, etc: string, script: string): SpawnSyncReturns<string> {
    const last = this.stages.at(-1);
    const text = (word: string): Step | undefined => last?.steps.find((step) => step.word === word);
    const env = (text('ENV')?.text ?? '').split(' ').filter((pair) => pair.includes('='));
    const [uid = '', gid = ''] = (text('USER')?.text ?? '').split(':');
    const image = this.dirOf('image');
    const lines = [
      'set -eu',
      'ip link set lo up',
      `mount --bind ${image} ${image}`,
      `mount --bind ${dataDir} ${image}/var/lib/llmproxy`,
      `mount --bind ${etc} ${image}/etc/llmproxy`,
      `mount -t proc proc ${image}/proc`,
      `mount -o remount,bind,ro ${image}/etc/llmproxy`,
      `mount -o remount,bind,ro ${image}`,
      `inside="env -i ${env.join(' ')} HOME=/ /usr/sbin/chroot --userspec=${uid}:${gid} --groups= ${image}"`,
      `proc=${image}/proc`,
      script,
    ];
    return spawnSync(
      'unshare',
      ['--mount', '--net', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', lines.join('\n')],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
  }
}

function copyInto(from: string, target: string, isFolder: boolean): void {
  const at = isFolder ? join(target, from.split('/').at(-1) ?? '') : target;
  mkdirSync(dirname(at), { recursive: true });
  const isOne = lstatSync(from).isFile();
  if (!isOne) mkdirSync(at, { recursive: true });
  const ran = spawnSync('cp', ['-a', isOne ? from : `${from}/.`, at], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
}

/** The part of Node's own image that is used. */
function layNode(dir: string): void {
  const bin = join(dir, 'usr', 'local', 'bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(process.execPath, join(bin, 'node'));
  chmodSync(join(bin, 'node'), 0o755);
  copyFileSync(join(process.execPath, '..', '..', 'LICENSE'), join(dir, 'usr', 'local', 'LICENSE'));
}

/** In place of the base: libraries, certificates, and the users; no shell. */
function layBase(dir: string): void {
  const { stdout } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' });
  const files = [...stdout.matchAll(/(?:=> )?(?<file>\/\S+) \(0x/gu)].map(
    (match) => match.groups?.['file'] ?? '',
  );
  assert.ok(files.length > 3, stdout);
  for (const file of files) {
    mkdirSync(join(dir, dirname(file)), { recursive: true });
    copyFileSync(file, join(dir, file));
    chmodSync(join(dir, file), 0o755);
  }
  for (const name of ['proc', 'tmp', 'etc/llmproxy', 'var/lib'])
    mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, 'etc', 'passwd'), 'nonroot:x:65532:65532::/:/sbin/nologin\n');
}
