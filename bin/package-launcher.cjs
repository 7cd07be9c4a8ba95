#!/usr/bin/env node
'use strict';
/*
 * The first thing that runs of the npm package, on whatever Node there is: plain old JavaScript. It says
 * what is wrong with a Node that is too old, and starts the program with the flags that it runs with.
 */
const fs = require('fs');
const path = require('path');

const NODE_MAJOR_MIN = 24;
const found = process.versions.node;

if (Number(found.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `llmproxy: it needs Node ${NODE_MAJOR_MIN} or newer, and this one is ${found}. ` +
      `Install Node ${NODE_MAJOR_MIN} and start again, or use the single binary or the container image: ` +
      'both carry their own.\n',
  );
  process.exit(1);
}

const flags = fs
  .readFileSync(path.join(__dirname, 'node-flags'), 'utf8')
  .trim()
  .split(/\s+/)
  .concat('--disable-sigusr1');
const args = flags.concat(path.join(__dirname, '..', 'dist', 'main.js'), process.argv.slice(2));

// In place of this process, so that signals and exit codes are the program's own.
if (process.execve !== undefined && process.platform !== 'win32') {
  process.execve(process.execPath, [process.execPath].concat(args), process.env);
}
const child = require('child_process').spawn(process.execPath, args, { stdio: 'inherit' });
['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.on(signal, () => child.kill(signal)));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
