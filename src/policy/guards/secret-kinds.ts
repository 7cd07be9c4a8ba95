/**
 * The kinds of credentials that `secrets` knows by how they begin. Prefixes and lengths are from the
 * vendors' own pages on their token formats. Those that only a name beside them gives away are in
 * `secret-assignments.ts`.
 */
import { CLOUD_KINDS, MODEL_PROVIDER_KINDS } from './secret-kinds-cloud.ts';
import { CHAT_KINDS, CODE_KINDS, PAYMENT_KINDS } from './secret-kinds-services.ts';
import { isChosen, isExample, isGenerated, isStandIn, shannon } from './secret-looks.ts';
import { type SecretKind, TOKEN } from './secret-shapes.ts';

const PEM_NAME = '(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----';
const PEM_HEAD = `-----BEGIN ${PEM_NAME}`;
const PEM_END = `-----END ${PEM_NAME}`;
/** Never across another marker, so that a text full of headers is still read in linear time. */
const PEM_BODY = '(?:[\\w+/=\\s:,.\\\\()<>@]|(?!-----)-)';
const PEM_LINES = '(?:(?:\\s|\\\\[nr]){0,8}[\\w+/=]{16,80}){1,250}';

/** The text between the markers: a mask or an ellipsis is no key. */
const hasKeyMaterial = (pem: string): boolean => {
  const [, body = ''] = /-----(?<body>[^-]{0,200})/u.exec(pem.slice(10)) ?? [];
  const packed = body.replaceAll(/\s|\\[nr]/gu, '');
  return packed.length >= 16 && shannon(packed) >= 2.6 && !packed.includes('...');
};

/** Short options may be joined, and the one that takes the login is the last. */
const LOGIN_FLAG = '[ ](?:-[A-Za-z]{0,4}u|--user|--proxy-user)[ =\\t]{0,2}';
const LOGIN = (count: string): string => `(?:"[^"\\n]${count}|'[^'\\n]${count}|[^\\s"']${count})`;

const CLIENT = /curl|wget|https?:|http |xh | -[XHd] |--(?:header|data|request)/u;

/**
 * `name:password` after a flag. Where the command speaks HTTP it is one, unless it stands for one;
 * elsewhere a word alone is a role (`-u www-data:www-data`), and numbers are a container's user.
 */
function isCommandLineLogin(login: string, around: string): boolean {
  const [, user = '', password = ''] = /^["']?(?<user>[^:]*):(?<password>.*)$/u.exec(login) ?? [];
  if (user === '' && password === '') return false;
  if (/^\d{1,5}$/u.test(password) || /^[@/]/u.test(password)) return false;
  // `key:` with nothing after it: the key is the name.
  if (password === '') return isGenerated(user) || isChosen(user);
  if (isStandIn(password) || /\$[A-Z{(]/u.test(login) || password === user) return false;
  if (CLIENT.test(around)) return password.length >= 3;
  return isChosen(password) || (password.length >= 8 && /\d/u.test(password));
}

const UNIVERSAL_KINDS: readonly SecretKind[] = [
  {
    category: 'json-web-token',
    prefixes: ['eyJ'],
    shape: /eyJ[\w-]{14,1024}\.eyJ[\w-]{14}/uy,
    open: /eyJ[\w-]{0,1024}(?:\.(?:e(?:y(?:J[\w-]{0,13})?)?)?)?$/uy,
    charsMax: 1_100,
    runsOn: TOKEN,
    accepts: (secret) => shannon(secret) >= 3 && !isExample(secret),
  },
  {
    // A token that was written in base64 once more: each begins so, whatever its header is.
    category: 'json-web-token-in-base64',
    prefixes: ['ZXlKaGJHY2lPaU', 'ZXlKMGVYQWlPaU', 'ZXlKcmFXUWlPaU'],
    shape: /ZXlK(?:aGJHY2lPaU|MGVYQWlPaU|cmFXUWlPaU)[A-Za-z0-9+/]{60}/uy,
    open: /ZXlK(?:aGJHY2lPaU|MGVYQWlPaU|cmFXUWlPaU)[A-Za-z0-9+/]{0,59}$/uy,
    charsMax: 80,
    runsOn: /[\w+/=-]/u,
    accepts: (secret) => shannon(secret) >= 3 && !isExample(secret),
  },
  {
    // `curl -u name:password`, or a key for a name; numbers are the user and group of a container.
    category: 'command-line-password',
    prefixes: [
      ' --user',
      ' --proxy-user',
      ...['u', 'su', 'ku', 'iu', 'vu', 'fu', 'Lu', 'sku', 'sSu', 'Ssu', 'isu', 'sSLu', 'fsSu'].map(
        (flags) => ` -${flags}`,
      ),
    ],
    shape: new RegExp(`${LOGIN_FLAG}(?<secret>${LOGIN('{3,160}')})[^]{0,64}`, 'uy'),
    open: new RegExp(`${LOGIN_FLAG}(?:${LOGIN('{3,160}')}[^]{0,63}|${LOGIN('{0,160}')})$`, 'uy'),
    charsMax: 244,
    waitsForEnd: true,
    isGroup: true,
    accepts: isCommandLineLogin,
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
    accepts: hasKeyMaterial,
  },
  {
    category: 'putty-private-key',
    prefixes: ['Private-Lines: '],
    shape: /Private-Lines: \d{1,3}\r?\n(?<secret>[A-Za-z0-9+/=]{16})/uy,
    open: /Private-Lines: \d{0,3}\r?\n?[A-Za-z0-9+/=]{0,15}$/uy,
    charsMax: 48,
    runsOn: /[A-Za-z0-9+/=\r\n]/u,
    isGroup: true,
    accepts: (secret) => shannon(secret) >= 2.6,
  },
];

/** Most specific first: what one kind takes, a later one does not see. */
export const SECRET_KINDS: readonly SecretKind[] = [
  ...MODEL_PROVIDER_KINDS,
  ...PAYMENT_KINDS,
  ...CLOUD_KINDS,
  ...CODE_KINDS,
  ...CHAT_KINDS,
  ...UNIVERSAL_KINDS,
];
