/**
 * What only looks like a secret: placeholders, published examples, names of things, digests.
 *
 * Every test here sees a bounded text, and says the same of it wherever it stands.
 */
/** Bits of information a character, by how often each occurs: 0 for `aaaa`, 4 for a random hex digest. */
export function shannon(text: string): number {
  if (text.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}

/** Published examples and masks: keys that say EXAMPLE, runs of one character, rows of the keyboard. */
const EXAMPLE =
  /EXAMPLE|example|placeholder|PLACEHOLDER|changeme|CHANGEME|(?<one>[\w*.])\k<one>{5}|\*{3}|1234567|0123456|abcdefgh|ABCDEFGH|a1b2c3d4e5f6g7|deadbeefdead/u;

/** Words that stand where a value should. */
const STAND_IN =
  /^(?:null|none|nil|true|false|undefined|void|string|str|text|bool|optional|required|default|unset|empty|random|secret|token|test|admin|root|guest|user(?:name)?|(?:my|your|the|some|db|user|a)?[-_ ]?pass(?:word|wd|phrase|code)?\d{0,3}|hidden|masked|removed|redacted|encrypted|protected)$|^[-_.*x#?0]+$/iu;
const STAND_IN_WITHIN =
  /change[-_ ]?(?:me|this|it)|your[-_ ]?|my[-_ ]?(?:secret|pass|token|api|key)|(?:api|access|auth|secret|private)[-_ ]?(?:key|token)|dummy|fake|mock|sample|placeholder|todo|fixme|redacted|insert|replace|goes[-_ ]?here|foo[-_]?bar|lorem|xxxx|\.\.\.|<[^>]*>/iu;
/** A reference to a value that stands somewhere else: `${VAR}`, `$VAR`, `{{ x }}`, `%s`, `env.X`, `f(x)`. */
const REFERENCE =
  /\$\{|\$\(|\{\{|\}\}|^\$[A-Za-z_]|^%|^[<[{(@&!]|^(?:process|os|env|config|settings|secrets?|vars?|self|this|data|var|local|params?|request|args?|vault|ref|file|kms|ssm|arn|op)[.:[(]|\w\(|^\w+\[/iu;

/** Words that nobody's generator makes, and that people write where a key would stand. */
const SAID_TO_BE_NONE =
  /placeholder|dummy|fake|sample|redacted|replace|insert|your|foo[-_]?bar|lorem|not[-_]?real|invalid|deadbeef|cafebabe|qwerty|asdfgh|xxxx/iu;

/** Characters in a row that each follow the one before, upwards or downwards: `abcdef`, `987654`. */
const SEQUENCE_MIN = 6;

function hasSequence(text: string): boolean {
  let [up, down] = [1, 1];
  for (let at = 1; at < text.length; at += 1) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1);
    up = step === 1 ? up + 1 : 1;
    down = step === -1 ? down + 1 : 1;
    if (up >= SEQUENCE_MIN || down >= SEQUENCE_MIN) return true;
  }
  return false;
}

const PERIOD_MAX = 10;
const PERIODS_MIN = 3;

/** One short piece again and again: typed to fill the length. */
function isPeriodic(text: string): boolean {
  for (let period = 1; period <= PERIOD_MAX && period * PERIODS_MIN <= text.length; period += 1) {
    if (text.startsWith(text.slice(0, text.length - period), period)) return true;
  }
  return false;
}

export const isExample = (text: string): boolean => EXAMPLE.test(text);

/** What people write where a key's random part would stand. */
export const isFilledIn = (body: string): boolean =>
  isExample(body) || SAID_TO_BE_NONE.test(body) || hasSequence(body) || isPeriodic(body);

/** Whether an assigned value stands for one: nothing that was ever a secret. */
export const isStandIn = (value: string): boolean =>
  STAND_IN.test(value) ||
  STAND_IN_WITHIN.test(value) ||
  REFERENCE.test(value) ||
  EXAMPLE.test(value);

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/iu;

/** Letters and digits that change places often: what is generated, and names of things are not. */
function turns(value: string): number {
  let count = 0;
  let before = '';
  for (const character of value) {
    const kind = /\d/u.test(character) ? 'digit' : /[A-Za-z]/u.test(character) ? 'letter' : '';
    if (kind !== '' && before !== '' && kind !== before) count += 1;
    if (kind !== '') before = kind;
  }
  return count;
}

const hasMixedCase = (value: string): boolean => /[a-z][A-Z]/u.test(value) && /\d/u.test(value);

/** A value that somebody generated: enough of it, of high entropy, and no word, path or identifier. */
export function isGenerated(value: string): boolean {
  if (value.length < 12 || isStandIn(value) || UUID.test(value) || isFilledIn(value)) return false;
  if (/^[\d.,:-]+$/u.test(value)) return false;
  const isHex = /^[\da-f]+$/iu.test(value);
  const bits = shannon(value);
  if (isHex) return value.length >= 20 && bits >= 3 && turns(value) >= 4;
  if (/^(?:https?|file|ftp|s3|gs|urn|data):/iu.test(value) || /^[./~]/u.test(value)) return false;
  const words = value.split(/[-_./:]/u);
  const isNamed = words.every((word) =>
    /^(?:[A-Za-z]*|\d{1,4}|v\d+|[A-Za-z]{3,}\d{1,2})$/u.test(word),
  );
  if (isNamed && (words.length > 1 || value.length < 32)) return false;
  const bitsMin = Math.min(3.6, Math.log2(value.length) - 0.6);
  return bits >= bitsMin && (turns(value) >= 3 || (hasMixedCase(value) && turns(value) >= 2));
}

/** A password in quotes that somebody chose: no word alone, and no expression. */
export function isChosen(value: string): boolean {
  if (value.length < 6 || isStandIn(value) || UUID.test(value)) return false;
  if (/\s/u.test(value) || shannon(value) < 2.2) return false;
  const hasDigit = /\d/u.test(value);
  const hasLetter = /[A-Za-z]/u.test(value);
  const hasSign = /[!@#$%^&*?~+]/u.test(value);
  return hasLetter && ((hasDigit && !/^[a-z]+[-_.]?\d{0,2}$/u.test(value)) || hasSign);
}
