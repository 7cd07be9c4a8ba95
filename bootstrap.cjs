'use strict';
/*
 * The first thing that runs, on whatever Node the host has (18 or newer): plain old JavaScript.
 *
 * It installs what is missing, finds the pinned Node that comes as an optional dependency, and runs
 * the real program on it by path. A PATH that was set before the install would still name the old
 * Node, so the path is never trusted.
 */
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = __dirname;
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.llmproxy-install');
const NODE_MAJOR_MIN = 24;
/** One list for every way the program is started; `bin/llmproxy` reads it too. */
const FLAGS = fs.readFileSync(path.join(ROOT, 'bin', 'node-flags'), 'utf8').trim().split(/\s+/u);

function lockHash() {
  const lock = fs.readFileSync(path.join(ROOT, 'package-lock.json'));
  const manifest = fs.readFileSync(path.join(ROOT, 'package.json'));
  return createHash('sha256').update(lock).update(manifest).digest('hex');
}

function isInstalled() {
  try {
    return fs.readFileSync(STAMP, 'utf8') === lockHash();
  } catch {
    return false;
  }
}

const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

function npm(args, stderr) {
  const program = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return spawnSync(program, [...args, ...NPM_FLAGS], { cwd: ROOT, stdio: ['ignore', 'ignore', stderr] });
}

/**
 * `npm ci` where the lock file is complete. A registry mirror that lacks the optional binaries of
 * foreign platforms makes a lock without them, and `npm ci` refuses such a lock whole; `npm install`
 * takes the same versions from it and skips what is optional.
 */
function install() {
  if (isInstalled()) return;
  process.stderr.write('llmproxy: installing dependencies (once)\n');
  if (npm(['ci'], 'ignore').status !== 0 && npm(['install', '--no-save'], 2).status !== 0) {
    process.stderr.write('llmproxy: `npm install` failed; see its message above\n');
    process.exit(1);
  }
  fs.mkdirSync(MODULES, { recursive: true });
  fs.writeFileSync(STAMP, lockHash());
}

/** The pinned Node, or the host's own where it is new enough. */
function findNode() {
  const platform = `${process.platform}-${process.arch}`;
  for (const name of [`node-${platform}`, `node-bin-${platform}`]) {
    const file = path.join(MODULES, name, 'bin', 'node');
    if (fs.existsSync(file)) return file;
  }
  const own = Number(process.versions.node.split('.')[0]);
  if (own >= NODE_MAJOR_MIN) return process.execPath;
  process.stderr.write(
    `llmproxy: no Node ${NODE_MAJOR_MIN} for ${platform} came with the packages, and this one is ` +
      `${process.versions.node}. Install Node ${NODE_MAJOR_MIN} and start again.\n`,
  );
  return process.exit(1);
}

/** Runs a script on the pinned Node, passes signals on, and ends as it ends. */
function run(script, args) {
  const node = findNode();
  const env = { ...process.env, LLMPROXY_NODE: node };
  env.NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE || path.join(MODULES, '.cache', 'compile');
  const child = spawn(node, [...FLAGS, path.join(ROOT, script), ...args], {
    cwd: process.cwd(),
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

const [command = 'start', ...rest] = process.argv.slice(2);
install();
switch (command) {
  case 'start':
    run('scripts/start.ts', rest);
    break;
  case 'test':
    run('scripts/test.ts', rest);
    break;
  case 'build':
    run('scripts/build.ts', rest);
    break;
  case 'build-package':
    run('scripts/package/build-package.ts', rest);
    break;
  case 'build-binary':
    run('scripts/package/build-binary.ts', rest);
    break;
  case 'check-deploy':
    run('scripts/deploy/check.ts', rest);
    break;
  case 'soak':
    run('tests/soak/run.ts', rest);
    break;
  case 'bench':
    run('bench/run.ts', rest);
    break;
  case 'messages':
    run('scripts/web-messages.ts', rest);
    break;
  case 'train-guards':
    run('scripts/train-guards/train.ts', rest);
    break;
  default:
    process.stderr.write(
      `llmproxy: unknown command ${command}; use start, test, build, build-package, ` +
        'build-binary, check-deploy, soak, bench, messages or train-guards\n',
    );
    process.exit(2);
}
