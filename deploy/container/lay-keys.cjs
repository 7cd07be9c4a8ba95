'use strict';
/*
 * Lays `pepper` and `root-key` into a data folder before its gateway starts: node lay-keys.cjs FROM TO
 *
 * Gateways that share PostgreSQL need the same two files, and files that others may read are refused; a
 * mounted secret has neither the owner nor the mode. A file that is there and says something else is
 * left as it is, and the gateway does not start: it may be the newer one.
 */
const fs = require('node:fs');
const path = require('node:path');

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  process.stderr.write('usage: node lay-keys.cjs FROM TO\n');
  process.exit(2);
}
for (const name of ['pepper', 'root-key']) {
  const source = path.join(from, name);
  const target = path.join(to, name);
  if (!fs.existsSync(source)) {
    // With a root key in a vault there is none.
    if (name === 'root-key') continue;
    process.stderr.write(`lay-keys: ${source} is not there\n`);
    process.exit(1);
  }
  const bytes = fs.readFileSync(source);
  if (fs.existsSync(target)) {
    if (fs.readFileSync(target).equals(bytes)) continue;
    process.stderr.write(`lay-keys: ${target} is another one than ${source}; keep the newer, by hand\n`);
    process.exit(1);
  }
  const draft = `${target}.laying`;
  fs.rmSync(draft, { force: true });
  fs.writeFileSync(draft, bytes, { mode: 0o600 });
  fs.renameSync(draft, target);
}
