/**
 * Credentials that only their name gives away: `password = "…"`, `"api_key": "…"`, an
 * `Authorization` header, `scheme://user:password@host`.
 *
 * The operator is what is looked for: it is rare in text, and stands between the name, a bounded
 * stretch to its left, and the value, a bounded stretch to its right. So every decision needs
 * bounded text, and is the same however the text was cut.
 */
import { isChosen, isExample, isGenerated, isStandIn, shannon } from './secret-looks.ts';
import { TOKEN } from './secret-shapes.ts';

export interface Assigned {
  readonly category: string;
  readonly start: number;
  readonly end: number;
  readonly runsOn?: RegExp;
}

/** A value is decided within this; what goes on after it is redacted with it. */
const VALUE_CHARS_MAX = 160;
/** With the operator, blanks and a quote between, a name stays within what a stream keeps. */
const NAME_CHARS_MAX = 40;
const BLANKS_MAX = 4;

const EQUALS = 61;
const COLON = 58;
/** `=` and `:`. */
export const isOperator = (code: number): boolean => code === EQUALS || code === COLON;

/** The last letters of every name below, in small letters: most operators end here. */
const ENDINGS: ReadonlySet<string> = new Set(
  'ord swd pwd ass ase ort eña sse nha sło ret ken key als ial uth ion str'.split(' '),
);

const TYPE = '(?:\\s?:\\s?&?str)?$';
const PASSWORD = new RegExp(
  `(?:passw(?:or)?d|passphrase|passwd|pwd|(?:^|[^a-z])pass|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|hasło)${TYPE}`,
  'u',
);
const KEY = new RegExp(
  `(?:(?:api|access|auth|secret|private|client|app|application|account|encryption|signing|master|service|admin|storage|shared|session|license|webhook|consumer|deploy|security|integration|write|read|ingest|server)[ _.-]?(?:access[ _.-]?)?key|token|secret|credentials?|(?:^|[^a-z])auth)${TYPE}`,
  'u',
);
/** Headers that carry a credential, whatever it looks like. */
const AUTHORIZATION =
  /(?:^|[^a-z])(?:(?:proxy-)?authorization|x-[a-z-]{0,16}(?:key|token|secret|auth)|private-token)$/u;
/** A header on a command line, with any of these in its name. */
const HEADER_OPTION = /(?:-h|--header)[ =]?["'\\]{0,2}[a-z\d-]{0,24}(?:key|token|secret|auth)$/u;
/** Names that end like one of a secret, and name something else. */
const NO_SECRET =
  /(?:public[ _.-]?key|csrf|xsrf|next|page|continuation|pagination|sync|cancell?ation|pad|unk|eos|bos|sep|cls|mask|stop|start|end|lexer|syntax|delimiter|of|per|each|this|a|any)[ _.-]?(?:page)?[ _.-]?(?:key)?[ _.-]?token$|(?:primary|foreign|sort|partition|public)[ _.-]?key$/u;

/** What a name within reach says of the value: the vendor's own shape, which a generic value need not have. */
export interface NamedKind {
  readonly category: string;
  readonly name: RegExp;
  readonly value: RegExp;
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/iu;
const hex = (...lengths: number[]): RegExp =>
  new RegExp(`^(?:${lengths.map((length) => `[a-f0-9]{${length}}`).join('|')})$`, 'u');

export const NAMED_KINDS: readonly NamedKind[] = [
  {
    category: 'aws-secret-key',
    name: /aws|secret[_ ]?access[_ ]?key/u,
    value: /^[A-Za-z0-9/+=]{40}$/u,
  },
  {
    category: 'azure-storage-key',
    name: /account[_ ]?key|shared[_ ]?access[_ ]?key|storage/u,
    value: /^[A-Za-z0-9/+]{38,86}={0,2}$/u,
  },
  { category: 'datadog-key', name: /datadog|(?:^|_)dd_/u, value: hex(32, 40) },
  { category: 'cloudflare-key', name: /cloudflare|(?:^|_)cf_/u, value: /^[\w-]{37,40}$/u },
  { category: 'heroku-api-key', name: /heroku/u, value: UUID },
  { category: 'snyk-token', name: /snyk/u, value: UUID },
  { category: 'opsgenie-key', name: /opsgenie/u, value: UUID },
  { category: 'algolia-key', name: /algolia/u, value: /^[a-z0-9]{32}$/u },
  { category: 'twilio-token', name: /twilio/u, value: /^(?:SK)?[a-f0-9]{32}$/u },
  { category: 'okta-token', name: /okta/u, value: /^00[\w=-]{40}$/u },
  { category: 'sumologic-key', name: /sumo/u, value: /^[A-Za-z0-9]{64}$/u },
  { category: 'sourcegraph-token', name: /sourcegraph/u, value: /^[\da-fA-F]{40}$/u },
  {
    category: 'discord-token',
    name: /discord/u,
    value: /^(?:[\w-]{32}|[\w-]{24,28}\.[\w-]{6}\.[\w-]{27,40})$/u,
  },
  { category: 'cohere-key', name: /cohere/u, value: /^[A-Za-z0-9]{40}$/u },
  { category: 'mistral-key', name: /mistral/u, value: /^[A-Za-z0-9]{32}$/u },
  { category: 'meraki-key', name: /meraki/u, value: hex(40) },
  { category: 'linode-token', name: /linode/u, value: hex(64) },
  { category: 'fastly-token', name: /fastly/u, value: /^[\w-]{32}$/u },
  { category: 'pagerduty-token', name: /pagerduty/u, value: /^[\w+-]{20}$/u },
  { category: 'jenkins-token', name: /jenkins/u, value: /^(?:11)?[a-f0-9]{32}$/u },
];

export const CONTEXT_CATEGORIES = [
  'password',
  'api-key',
  'bearer-token',
  'connection-string-password',
] as const;

/** What an operator assigns. `open`: more text could make or change it. */
export function assignmentAt(text: string, at: number, isEnd: boolean): Assigned | 'open' | null {
  const next = text.charCodeAt(at + 1);
  if (text.charCodeAt(at) === COLON) {
    // `//` after it, or its beginning at the end of the text.
    if (next === 47) return urlPasswordAt(text, at, isEnd);
    if (next === EQUALS || next === COLON || text.charCodeAt(at - 1) === COLON) return null;
  } else if (next === EQUALS || '=!<>~'.includes(text.charAt(at - 1) || ' ')) return null;
  const name = nameBefore(text, at);
  if (name === null)
    return !isEnd && at + 1 === text.length && text.charCodeAt(at) === COLON ? 'open' : null;
  return valueAfter(text, at, name, isEnd);
}

/** What may stand between a name and its operator. */
const BETWEEN = new Uint8Array(128);
for (const character of ' \t"\'`\\])?:') BETWEEN[character.charCodeAt(0)] = 1;

type Name = { readonly kind: 'password' | 'key' | 'authorization'; readonly text: string };

function nameBefore(text: string, at: number): Name | null {
  let end = at;
  while (end > 0 && at - end < BLANKS_MAX && BETWEEN[text.charCodeAt(end - 1)] === 1) end -= 1;
  if (end < 3 || !ENDINGS.has(text.slice(end - 3, end).toLowerCase())) return null;
  const name = text.slice(Math.max(0, end - NAME_CHARS_MAX), end).toLowerCase();
  if (PASSWORD.test(name)) return { kind: 'password', text: name };
  if (AUTHORIZATION.test(name) || HEADER_OPTION.test(name))
    return { kind: 'authorization', text: name };
  if (KEY.test(name) && !NO_SECRET.test(name)) return { kind: 'key', text: name };
  return null;
}

const SCHEME = /(?:bearer|basic|token|api-?key|digest|key|ssws)[ ]{1,2}/iuy;
/** In its own header any word may be the scheme. */
const ANY_SCHEME = /[a-z-]{3,16}(?:\\?[ ]{1,2}|=(?=\w))/iuy;
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': new RegExp(`[^"\\n\\\\]{0,${VALUE_CHARS_MAX}}`, 'uy'),
  "'": new RegExp(`[^'\\n\\\\]{0,${VALUE_CHARS_MAX}}`, 'uy'),
  '`': new RegExp(`[^\`\\n\\\\]{0,${VALUE_CHARS_MAX}}`, 'uy'),
};
const BARE = new RegExp(`[^\\s"'\`,;<>(){}[\\]\\\\&|]{0,${VALUE_CHARS_MAX}}`, 'uy');

function valueAfter(
  text: string,
  at: number,
  name: Name,
  isEnd: boolean,
): Assigned | 'open' | null {
  let start = at + 1;
  if (text[start] === '>') start += 1;
  const skip = (among: string): void => {
    for (let count = 0; count < BLANKS_MAX && among.includes(text[start] ?? '\0'); count += 1)
      start += 1;
  };
  skip(' \t');
  if (text[start] === '\\') start += 1;
  const quote = text[start] ?? '';
  const quoted = QUOTED[quote];
  if (quoted !== undefined) skip(quote);
  const schemes = name.kind === 'authorization' ? ANY_SCHEME : SCHEME;
  schemes.lastIndex = start;
  const scheme = schemes.exec(text)?.[0] ?? '';
  start += scheme.length;
  const end = matchEnd(quoted ?? BARE, text, start);
  if (end === text.length && end - start < VALUE_CHARS_MAX && !isEnd) return 'open';
  const value = { text: text.slice(start, end), scheme: scheme.trim().toLowerCase() };
  // What follows a value that reached the cap has not always been seen, so it never counts.
  const isCapped = end - start >= VALUE_CHARS_MAX;
  const isCall = quoted === undefined && !isCapped && '([{<'.includes(text[end] ?? '\0');
  if (isCall || value.text.length < 6) return null;
  const category = categoryOf(name, value);
  if (category === null) return null;
  if (isCapped) return { category, start, end, runsOn: TOKEN };
  const sentence = quoted === undefined ? /[.:!?]+$/u.exec(value.text) : null;
  return { category, start, end: end - (sentence?.[0].length ?? 0) };
}

function categoryOf(
  { kind, text: name }: Name,
  { text, scheme }: { text: string; scheme: string },
): string | null {
  if (isExample(text)) return null;
  if (kind === 'authorization' || scheme !== '') {
    return isCredential(text, scheme) ? 'bearer-token' : null;
  }
  if (kind === 'password') return isChosen(text) || isGenerated(text) ? 'password' : null;
  for (const known of NAMED_KINDS) {
    if (known.name.test(name) && known.value.test(text) && shannon(text) >= 2.6)
      return known.category;
  }
  return isGenerated(text) ? 'api-key' : null;
}

/** Weak passwords are sent as well; a manual's pair stands for one. */
const PLACEHOLDER_LOGIN =
  /^(?:(?:my|your)?[-_ ]?(?:user(?:[-_ ]?name)?|login|name)):(?:(?:my|your)?[-_ ]?pass(?:word|wd)?|secret)$|:[x*.]*$|[${}<>]/iu;

/** What an `Authorization` header carries: shorter and plainer than a key that stands alone. */
function isCredential(value: string, scheme: string): boolean {
  if (scheme === 'basic') {
    const decoded = Buffer.from(value, 'base64').toString('latin1');
    const isLogin = /^[\x20-\x7e]*:[\x20-\x7e]*$/u.test(decoded);
    if (isLogin) return !PLACEHOLDER_LOGIN.test(decoded);
    return value.length >= 12 && shannon(value) >= 3 && !isExample(value);
  }
  if (isStandIn(value) || /\s/u.test(value)) return false;
  if (isGenerated(value)) return true;
  if (value.length < 8 || shannon(value) < 2.5) return false;
  return (/\d/u.test(value) && /[a-z]/iu.test(value)) || /^[a-z]{20,}$/iu.test(value);
}

const USER = /\/\/[^\s:@/?#"'<>{}$]{0,64}:/uy;
const URL_PASSWORD = /[^\s@/"'<>]{0,128}/uy;
const URL_OPEN = /\/(?:\/(?:[^\s:@/?#"'<>{}$]{0,64}(?::[^\s@/"'<>]{0,128})?)?)?$/uy;

/** The password of `scheme://user:password@host`: a host's port has no `@` after it. */
function urlPasswordAt(text: string, at: number, isEnd: boolean): Assigned | 'open' | null {
  if (!/[a-z0-9]/iu.test(text.charAt(at - 1))) return null;
  if (!isEnd && text.length - at < 208 && isMatchAt(URL_OPEN, text, at + 1)) return 'open';
  const start = matchEnd(USER, text, at + 1);
  if (start === at + 1) return null;
  const end = matchEnd(URL_PASSWORD, text, start);
  const password = text.slice(start, end);
  if (text[end] !== '@' || password.length < 3 || isStandIn(password)) return null;
  return { category: 'connection-string-password', start, end };
}

function matchEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

export function isMatchAt(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}
