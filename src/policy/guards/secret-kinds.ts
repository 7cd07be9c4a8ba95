/**
 * The kinds of credentials that `secrets` knows.
 *
 * A kind is a fixed prefix and a body. The prefix makes finding candidates one linear pass; the body
 * is bounded, so that a decision needs a bounded stretch of text. Prefixes and lengths are from the
 * vendors' own pages on their token formats, as of 2026-11.
 */
export interface SecretKind {
  readonly category: string;
  /** What a candidate starts with. Upper and lower case as the vendor writes it. */
  readonly prefixes: readonly string[];
  /** Sticky, from the start of the prefix: the whole credential, or its certain head. */
  readonly shape: RegExp;
  /** Sticky: what stands there may still become the shape when more text comes. */
  readonly open: RegExp;
  /** Characters from the prefix within which the shape is decided. */
  readonly charsMax: number;
  /** The head decides; the credential goes on while this matches. */
  readonly runsOn?: RegExp;
  /** The head is not enough to decide: the end may still come. */
  readonly waitsForEnd?: boolean;
  /** Only the first group is secret (a password inside a URL), not the whole match. */
  readonly isGroup?: boolean;
}

const WORD = /[\w-]/u;
const TOKEN = /[\w.+/=~-]/u;

/** `prefix` and exactly `length` characters of `set`, then something else. */
function fixed(
  category: string,
  prefixes: readonly string[],
  set: string,
  length: number,
): SecretKind {
  const head = `(?:${prefixes.map(escape).join('|')})`;
  return {
    category,
    prefixes,
    shape: new RegExp(`${head}${set}{${length}}(?!${set})`, 'yu'),
    open: new RegExp(`${head}${set}{0,${length}}$`, 'yu'),
    charsMax: longest(prefixes) + length + 1,
  };
}

/**
 * `prefix` and at least `length` characters of `set`, with a digit among them: words that were
 * joined by hyphens have none.
 */
function headed(
  category: string,
  prefixes: readonly string[],
  set: string,
  length: number,
): SecretKind {
  const head = `(?:${prefixes.map(escape).join('|')})`;
  return {
    category,
    prefixes,
    shape: new RegExp(`${head}(?=${set}{0,${length - 1}}\\d)${set}{${length}}`, 'yu'),
    open: new RegExp(`${head}${set}{0,${length - 1}}$`, 'yu'),
    charsMax: longest(prefixes) + length,
    runsOn: WORD,
  };
}

/** A name, an assignment and a value; only the value is secret. */
function assigned(
  category: string,
  names: readonly string[],
  set: string,
  length: number,
): SecretKind {
  const head = `(?:${names.map(escape).join('|')})["']?\\s{0,4}(?:=|:|=>)\\s{0,4}["']?`;
  const partial = `(?:${names.map(escape).join('|')})["']?\\s{0,4}(?:[=:]>?)?\\s{0,4}["']?`;
  return {
    category,
    prefixes: names,
    shape: new RegExp(`${head}(${set}{${length}})`, 'yu'),
    open: new RegExp(`${partial}${set}{0,${length - 1}}$`, 'yu'),
    charsMax: longest(names) + 14 + length,
    runsOn: TOKEN,
    isGroup: true,
  };
}

const escape = (literal: string): string => literal.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
const longest = (texts: readonly string[]): number =>
  Math.max(...texts.map(({ length }) => length));

const ALNUM = '[A-Za-z0-9]';
const HEX = '[a-f0-9]';
const WORDS = '[A-Za-z0-9_-]';

const PEM_NAME = '(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----';
const PEM_HEAD = `-----BEGIN ${PEM_NAME}`;
const PEM_END = `-----END ${PEM_NAME}`;
/** Never across another marker, so that a text full of headers is still read in linear time. */
const PEM_BODY = '(?:[\\w+/=\\s:,.\\\\]|(?!-----)-)';
const PEM_LINES = '(?:(?:\\s|\\\\[nr]){0,8}[\\w+/=]{16,80}){1,250}';

/** Most specific first: every Anthropic key also has the shape of an OpenAI key. */
export const SECRET_KINDS: readonly SecretKind[] = [
  headed('anthropic-key', ['sk-ant-'], WORDS, 20),
  headed('openai-key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-or-v1-', 'sk-'], WORDS, 20),
  fixed('aws-access-key', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], '[A-Z0-9]', 16),
  assigned(
    'aws-secret-key',
    ['aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY', 'SecretAccessKey', 'secretAccessKey'],
    '[A-Za-z0-9/+=]',
    40,
  ),
  assigned('azure-storage-key', ['AccountKey', 'SharedAccessKey'], '[A-Za-z0-9/+=]', 40),
  headed('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], ALNUM, 36),
  headed('github-fine-grained-token', ['github_pat_'], '[A-Za-z0-9_]', 40),
  headed('gitlab-token', ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-'], WORDS, 20),
  headed('slack-token', ['xoxb-', 'xoxa-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxe-', 'xapp-'], WORDS, 20),
  {
    category: 'slack-webhook',
    prefixes: ['hooks.slack.com/services/'],
    shape: /hooks\.slack\.com\/services\/T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{16}/uy,
    open: /hooks\.slack\.com\/services\/(?:T[A-Z0-9]{0,14}(?:\/(?:B[A-Z0-9]{0,14}(?:\/[A-Za-z0-9]{0,15})?)?)?)?$/uy,
    charsMax: 80,
    runsOn: WORD,
  },
  headed('stripe-key', ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'whsec_'], ALNUM, 20),
  headed('google-api-key', ['AIza'], WORDS, 35),
  headed('google-oauth-secret', ['GOCSPX-'], WORDS, 20),
  headed('npm-token', ['npm_'], ALNUM, 36),
  headed('pypi-token', ['pypi-AgEI'], WORDS, 40),
  headed('sendgrid-key', ['SG.'], '[A-Za-z0-9_.-]', 40),
  headed('huggingface-token', ['hf_'], ALNUM, 30),
  fixed('digitalocean-token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], HEX, 64),
  fixed('shopify-token', ['shpat_', 'shpss_', 'shpca_', 'shppa_'], '[a-fA-F0-9]', 32),
  headed('groq-key', ['gsk_'], ALNUM, 40),
  headed('gateway-key', ['llmp_live_', 'llmp_test_'], '[A-Za-z0-9_]', 40),
  {
    category: 'json-web-token',
    prefixes: ['eyJ'],
    shape: /eyJ[\w-]{14,1024}\.eyJ[\w-]{14}/uy,
    open: /eyJ[\w-]{0,1024}(?:\.(?:e(?:y(?:J[\w-]{0,13})?)?)?)?$/uy,
    charsMax: 1_100,
    runsOn: TOKEN,
  },
  {
    category: 'connection-string-password',
    prefixes: [
      'postgres://',
      'postgresql://',
      'mysql://',
      'mongodb://',
      'mongodb+srv://',
      'redis://',
      'rediss://',
      'amqp://',
      'amqps://',
      'https://',
      'http://',
      'ftp://',
    ],
    shape: /[a-z+]{3,13}:\/\/[^\s:@/"'<>]{0,40}:([^\s@/"'<>]{3,128})@/uy,
    open: /[a-z+]{3,13}:\/\/[^\s:@/"'<>]{0,40}(?::[^\s@/"'<>]{0,128})?$/uy,
    charsMax: 200,
    isGroup: true,
  },
  {
    category: 'bearer-token',
    prefixes: ['Authorization: Bearer ', 'authorization: Bearer ', 'authorization: bearer '],
    shape: /[Aa]uthorization: [Bb]earer ([\w.+/=~-]{20})/uy,
    open: /[Aa]uthorization: [Bb]earer [\w.+/=~-]{0,19}$/uy,
    charsMax: 60,
    runsOn: TOKEN,
    isGroup: true,
  },
  {
    category: 'private-key',
    prefixes: ['-----BEGIN '],
    // With its end; or, for a key that was cut off, with the lines that look like one.
    shape: new RegExp(`${PEM_HEAD}(?:${PEM_BODY}{1,16000}?${PEM_END}|${PEM_LINES})`, 'yu'),
    open: new RegExp(
      `-----BEGIN [A-Z0-9 ]{0,48}(?:-{0,5}|-----${PEM_BODY}{0,16000}(?:-----(?:E|EN|END[A-Z0-9 ]{0,48}-{0,5})?)?)$`,
      'yu',
    ),
    charsMax: 16_200,
    waitsForEnd: true,
    runsOn: /[\w+/=]/u,
  },
];
