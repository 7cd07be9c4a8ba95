#!/usr/bin/env node
// An independent verifier of an LLMProxy audit log, written from docs/reference/audit-log-format.md alone.
// It shares no code with the gateway. Needs Node 18 or newer and nothing else.
//   node verify-log.mjs <folder of the log> [<public key>]
// Exit codes: 0 intact, 2 altered, 3 gap, 4 torn tail, 1 nothing read.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
const [folder, keyText] = process.argv.slice(2);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

const bad = (exit, where, problem) => Object.assign(new Error(`${where}: ${problem}`), { exit });

// --- Segments: frames of a 16-byte header, chained bytes and personal bytes.
const CRC = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit += 1) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});
const crc32 = (bytes) => (bytes.reduce((crc, byte) => CRC[(crc ^ byte) & 255] ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
function* frames(path, name) {
  const file = readFileSync(path);
  for (let at = 0; at < file.length;) {
    const where = `${name} at byte ${at}`;
    if (at + 16 > file.length) throw bad(4, where, 'a frame is cut short');
    const [chainedBytes, chainedCrc, personalBytes, personalCrc] = [0, 4, 8, 12].map((offset) => file.readUInt32LE(at + offset));
    const personalAt = at + 16 + chainedBytes;
    const end = personalAt + personalBytes;
    if (end > file.length || chainedBytes === 0) throw bad(4, where, 'a frame is cut short');
    const chained = file.subarray(at + 16, personalAt);
    const personal = file.subarray(personalAt, end);
    if (crc32(chained) !== chainedCrc) throw bad(2, where, 'the record is not what was written');
    if (personalCrc !== 0 && crc32(personal) !== personalCrc) throw bad(2, where, 'the personal part is not what was written');
    yield { chained, personal: personalCrc === 0 ? null : JSON.parse(personal.toString('utf8')), where };
    at = end;
  }
}

// --- Personal values: each opens the commitment that is chained in its place.
const opens = (commitment, [salt, value]) =>
  createHmac('sha256', Buffer.from(salt, 'base64url')).update(value, 'utf8').digest('base64url') === commitment;
function checkPersonal(record, personal, where) {
  if (personal === null) return;
  for (const name of ['endUser', 'ip', 'user'])
    if (personal[name] && !opens(record[name], personal[name])) throw bad(2, where, `${name} was changed`);
  for (const [at, pair] of (personal.guards ?? []).entries())
    if (pair && !opens(record.guards[at].textDigest, pair)) throw bad(2, where, 'a textDigest was changed');
}

// --- One chain a writer.
const NAME = /^seg-([a-z0-9][a-z0-9-]*)-(\d{6,9})-(\d{6,9})\.log$/u;
const order = (name) => [NAME.exec(name)[1], Number(NAME.exec(name)[2]), Number(NAME.exec(name)[3])];
const compare = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1] || a[2] - b[2]);
function readChains() {
  const chains = new Map();
  let signed = 0;
  const names = readdirSync(folder).filter((name) => NAME.test(name)).sort((a, b) => compare(order(a), order(b)));
  if (names.length === 0) throw bad(1, folder, 'there is no log');
  for (const name of names) {
    const [writer] = order(name);
    const hashes = chains.get(writer) ?? [];
    chains.set(writer, hashes);
    let copied = null; // A segment that replaces a broken one begins with copies, up to the last record.
    for (const { chained, personal, where } of frames(join(folder, name), name)) {
      const record = JSON.parse(chained.toString('utf8'));
      const hash = sha256(chained).toString('hex');
      if (record.writer !== writer) throw bad(2, where, 'the record belongs to another writer');
      const isCopy = hashes[record.seq - 1] === hash && (copied === null || copied === record.seq - 1);
      if (isCopy) copied = record.seq;
      if (isCopy) continue;
      if (record.seq > hashes.length + 1) throw bad(3, where, `records before ${record.seq} are missing`);
      if (record.seq !== hashes.length + 1 || record.prev !== (hashes.at(-1) ?? '0'.repeat(64)))
        throw bad(2, where, 'the record does not follow the one before');
      checkPersonal(record, personal, where);
      hashes.push(hash);
      copied = hashes.length + 1; // From here on nothing is a copy.
      if (record.action === 'checkpoint') signed = Math.max(signed, record.diff.size);
    }
  }
  return { chains, signed };
}

// --- The Merkle log: entries, the root over them (RFC 6962), and the signed checkpoint.
const leaf = (entry) => sha256(Buffer.of(0), entry);
const node = (left, right) => sha256(Buffer.of(1), left, right);
function root(leaves) {
  if (leaves.length === 0) return sha256('');
  const stack = [];
  leaves.forEach((digest, at) => {
    stack.push(digest);
    for (let rest = at; rest % 2 === 1; rest = Math.floor(rest / 2)) stack.push(node(...stack.splice(-2)));
  });
  return stack.reduceRight((right, left) => node(left, right));
}
const tilePath = (index) => {
  const digits = String(index).padStart(3 * Math.ceil(String(index).length / 3), '0');
  return digits.match(/\d{3}/gu).map((part, at) => (at < digits.length / 3 - 1 ? `x${part}` : part)).join('/');
};
function readEntries(size) {
  const entries = [];
  while (entries.length < size) {
    const width = Math.min(256, size - entries.length);
    const full = join(folder, 'log', 'tile', 'entries', tilePath(entries.length / 256));
    const path = width === 256 || !existsSync(`${full}.p/${width}`) ? full : `${full}.p/${width}`;
    if (!existsSync(path)) throw bad(3, path, 'a bundle of entries is missing');
    const bytes = readFileSync(path);
    for (let at = 0, count = 0; count < width; count += 1) {
      const end = at + 2 + bytes.readUInt16BE(at);
      entries.push(bytes.subarray(at + 2, end));
      at = end;
    }
  }
  return entries;
}
function checkpoint() {
  const note = readFileSync(join(folder, 'log', 'checkpoint'), 'utf8');
  const split = note.lastIndexOf('\n\n') + 1;
  const text = note.slice(0, split);
  const [name, id, ...encoded] = (keyText ?? readFileSync(join(folder, 'log', 'key'), 'utf8').trim()).split('+');
  const key = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(encoded.join('+'), 'base64').subarray(1)]),
    format: 'der', type: 'spki',
  });
  const signed = note.slice(split + 1).trim().split('\n').some((line) => {
    const signature = Buffer.from(line.split(' ').at(-1), 'base64');
    const isKeys = line.startsWith(`— ${name} `) && signature.subarray(0, 4).toString('hex') === id;
    return isKeys && verify(null, Buffer.from(text), key, signature.subarray(4));
  });
  if (!signed) throw bad(2, 'log/checkpoint', 'the key did not sign it');
  const [origin, size, digest] = text.split('\n');
  return { origin, size: Number(size), digest };
}

try {
  const { chains, signed } = readChains();
  const { origin, size, digest } = checkpoint();
  if (signed > size) throw bad(2, 'log/checkpoint', 'it is older than the log says');
  const entries = readEntries(size);
  for (const [at, entry] of entries.entries()) {
    const [writer, seq, hash] = entry.toString().split(' ');
    const found = chains.get(writer)?.[Number(seq) - 1];
    if (found === undefined) throw bad(3, `entry ${at}`, 'the log ends before it');
    if (found !== hash) throw bad(2, `entry ${at}`, 'the Merkle log has another record');
  }
  if (root(entries.map(leaf)).toString('base64') !== digest) throw bad(2, 'log/checkpoint', 'it signed another tree');
  const records = [...chains.values()].reduce((sum, hashes) => sum + hashes.length, 0);
  console.log(`intact: ${records} records, ${size} of them signed as ${origin}`);
} catch (thrown) {
  console.log(thrown.message);
  process.exitCode = thrown.exit ?? 1;
}
