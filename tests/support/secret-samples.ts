/**
 * One made-up credential of each kind, put together at run time: no key-like text is in the
 * repository. Written from the vendors' pages and not from the guard's tables; seeded, so that a
 * failure comes back.
 */

/** Numbers in 0..1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SETS = {
  a: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  l: 'abcdefghijklmnopqrstuvwxyz0123456789',
  u: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  h: '0123456789abcdef',
  d: '0123456789',
  w: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-',
  b: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  z: '023456789ACDEFGHJKLMNPQRSTUVWXYZ',
} as const;

/** Each body in short: `a20` is twenty letters and digits, anything in quotes is itself. */
const BODIES: Readonly<Record<string, readonly string[]>> = {
  'anthropic-key': ["'sk-ant-' 'api03-' w93 'AA'", "'sk-ant-' 'admin01-' w93 'AA'"],
  'openrouter-key': ["'sk-or-v1-' h64"],
  'langsmith-key': ["'lsv2_pt_' h32 '_' h10"],
  'openai-key': ["'sk-proj-' w120", "'sk-svcacct-' w80"],
  'openai-style-key': ["'sk-' a20 'T3BlbkFJ' a20", "'sk-' h32"],
  'huggingface-token': ["'hf_' a34"],
  'groq-key': ["'gsk_' a52"],
  'replicate-token': ["'r8_' a37"],
  'perplexity-key': ["'pplx-' a48"],
  'xai-key': ["'xai-' a80"],
  'nvidia-key': ["'nvapi-' w64"],
  'cerebras-key': ["'csk-' l48"],
  'fireworks-key': ["'fw_' a24"],
  'together-key': ["'tgp_v1_' w43"],
  'pinecone-key': ["'pcsk_' a5 '_' a60"],
  'elevenlabs-key': ["'sk_' h48"],
  'bedrock-key': ["'ABSK' b128"],
  'aws-access-key': ["'AKIA' u16", "'ASIA' u16"],
  'google-api-key': ["'AIza' 'Sy' w33"],
  'google-oauth-secret': ["'GOCSPX-' w28"],
  'google-access-token': ["'ya29.' 'a0' w120"],
  'digitalocean-token': ["'dop_v1_' h64"],
  'alibaba-access-key': ["'LTAI' l20"],
  'tencent-secret-id': ["'AKID' a32"],
  'yandex-key': ["'AQVN' w36"],
  'cloudflare-origin-key': ["'v1.0-' h24 '-' h146"],
  'heroku-key': ["'HRKU-' 'AA' w58"],
  'fly-token': ["'fo1_' w43", "'fm2_' b100"],
  'netlify-token': ["'nfp_' a36"],
  'render-key': ["'rnd_' a28"],
  'supabase-key': ["'sbp_' h40"],
  'planetscale-token': ["'pscale_tkn_' w43"],
  'neon-key': ["'napi_' l64"],
  'vault-token': ["'hvs.' w95"],
  'doppler-token': ["'dp.pt.' a43"],
  'pulumi-token': ["'pul-' h40"],
  'infracost-key': ["'ico-' a32"],
  'openshift-token': ["'sha256~' w43"],
  'clickhouse-key': ["'4b1d' a38"],
  'prefect-token': ["'pnu_' l36"],
  'octopus-key': ["'API-' u26"],
  'databricks-token': ["'dapi' h32"],
  'onepassword-secret-key': ["'A3-' u6 '-' u6 '-' u5 '-' u5 '-' u5"],
  'onepassword-service-token': ["'ops_' 'eyJ' b250"],
  'dynatrace-token': ["'dt0c01.' u24 '.' u64"],
  'grafana-cloud-token': ["'glc_' b120"],
  'grafana-service-token': ["'glsa_' a32 '_' h8"],
  'grafana-key': ["'eyJr' 'Ijoi' b80"],
  'newrelic-key': ["'NRAK-' u27"],
  'sentry-token': ["'sntryu_' h64"],
  'honeycomb-key': ["'hcaik_' l58"],
  'age-secret-key': ["'AGE-SECRET-' 'KEY-1' z58"],
  'gateway-key': ["'llmp_' 'live_' a12 '_' a49"],
  'kubernetes-bootstrap-token': ["'K10' h64 '::server:' h32"],
  'github-token': ["'ghp_' a36", "'gho_' a36", "'ghs_' a36"],
  'github-fine-grained-token': ["'github_' 'pat_' a22 '_' a59"],
  'gitlab-token': ["'glpat-' w20", "'glrt-' w20"],
  'gitlab-runner-token': ["'GR1348' '941' w20"],
  'atlassian-token': ["'ATATT3xFf' 'GF0' w160 '=' u8"],
  'sourcegraph-token': ["'sgp_' h16 '_' h40"],
  'sourcegraph-legacy-token': ["'sgp_local_' h40", "'sgp_' h40"],
  'npm-token': ["'npm_' a36"],
  'pypi-token': ["'pypi-' 'AgEI' w120"],
  'rubygems-key': ["'rubygems_' h48"],
  'nuget-key': ["'oy2' l43"],
  'crates-token': ["'cio' a32"],
  'clojars-token': ["'CLOJARS_' l60"],
  'docker-hub-token': ["'dckr_pat_' w27"],
  'packagist-token': ["'packagist_uut_' h68"],
  'artifactory-key': ["'AKCp' a69"],
  'artifactory-reference-token': ["'cmVm' 'dGtu' a56"],
  'circleci-token': ["'CCIPAT_' a22 '_' h40"],
  'buildkite-token': ["'bkua_' h40"],
  'sonar-token': ["'sqp_' h40"],
  'settlemint-token': ["'sm_pat_' a16"],
  'harness-token': ["'pat.' w22 '.' h24 '.' a20"],
  'postman-key': ["'PMAK-' h24 '-' h34"],
  'readme-key': ["'rdme_' l70"],
  'slack-bot-token': ["'xoxb-' d12 '-' d13 '-' a24"],
  'slack-user-token': ["'xoxp-' d12 '-' d12 '-' d13 '-' h32"],
  'slack-workspace-token': ["'xoxa-2-' a32"],
  'slack-config-token': ["'xoxe.xoxp-' '1-' u166", "'xoxe-' '1-' u146"],
  'slack-app-token': ["'xapp-' '1-A' u10 '-' d13 '-' h64"],
  'slack-cookie-token': ["'xoxd-' a90"],
  'slack-webhook': ["'hooks.slack' '.com/services/T' u10 '/B' u10 '/' a24"],
  'discord-webhook': ["'discord' '.com/api/webhooks/' d18 '/' w68"],
  'teams-webhook': [
    "'webhook.office' '.com/webhookb2/' h8 '-' h4 '-' h4 '-' h4 '-' h12 '@' h8 '-' h4",
  ],
  'facebook-token': ["'EAAC' a180"],
  'twitter-bearer-token': ["'AAAAAAAAAAAAAAAAA' 'AAAA' a80"],
  'linear-key': ["'lin_api_' a40"],
  'notion-token': ["'ntn_' d11 a35"],
  'notion-secret': ["'secret_' a43"],
  'figma-token': ["'figd_' w40"],
  'typeform-token': ["'tfp_' w59"],
  'airtable-token': ["'pat' a14 '.' h64"],
  'contentful-token': ["'CFPAT-' w43"],
  'dropbox-token': ["'sl.' 'B' w135"],
  'intra42-secret': ["'s-s4t2' 'ud-' h64"],
  'hubspot-token': ["'pat-na1-' h8 '-' h4 '-' h4 '-' h4 '-' h12"],
  'mapbox-token': ["'sk.' 'eyJ' w80 '.' w22"],
  'adobe-secret': ["'p8e-' w32"],
  'frameio-token': ["'fio-u-' w64"],
  'lichess-token': ["'lip_' a20"],
  'stripe-key': ["'sk_' 'live_' a24", "'rk_' 'test_' a24", "'wh' 'sec_' a32"],
  'shopify-token': ["'shp' 'at_' h32"],
  'square-token': ["'sq0' 'atp-' w22"],
  'square-access-token': ["'EAA' 'A' w60"],
  'braintree-token': ["'access_token$' 'production$' l16 '$' h32"],
  'razorpay-key': ["'rzp_' 'live_' a14"],
  'easypost-key': ["'EZ' 'AK' a54"],
  'flutterwave-key': ["'FLW' 'SECK-' h32 '-X'"],
  'shippo-token': ["'shippo_' 'live_' h40"],
  'duffel-token': ["'duffel_' 'live_' w43"],
  'plaid-token': ["'access-' 'production-' h8 '-' h4 '-' h4 '-' h4 '-' h12"],
  'sendgrid-key': ["'S' 'G.' w22 '.' w43"],
  'brevo-key': ["'xkeysib' '-' h64 '-' a16"],
  'mailgun-key': ["'key-' h32"],
  'resend-key': ["'re_' a8 '_' a24"],
  'mailersend-key': ["'mlsn.' h64"],
  'json-web-token': ["'ey' 'J' w33 '.ey' 'J' w80 '.' w43"],
  'json-web-token-in-base64': ["'ZXlK' 'aGJHY2lPaU' b120"],
  'command-line-password': ["'curl -u ' 'joe:' a14 ' https://host.example/'"],
  'private-key': [
    "'-----BEGIN RSA ' 'PRIVATE KEY-----\n' b64 '\n' b64 '\n' b40 '\n-----END RSA ' 'PRIVATE KEY-----'",
    "'-----BEGIN OPENSSH ' 'PRIVATE KEY-----\n' b64 '\n' b64 '\n-----END OPENSSH ' 'PRIVATE KEY-----'",
    "'-----BEGIN PGP ' 'PRIVATE KEY BLOCK-----\n\n' b64 '\n' b64 '\n=' b4 '\n-----END PGP ' 'PRIVATE KEY BLOCK-----'",
    "'-----BEGIN ' 'PRIVATE KEY-----\\n' b64 '\\n' b64 '\\n-----END ' 'PRIVATE KEY-----'",
  ],
  'putty-private-key': ["'Private-Lines: 2\n' b64 '\n' b40"],
  'azure-client-secret': ["a3 '8Q~' w34"],
  'telegram-bot-token': ["d10 ':AA' w33"],
  'terraform-token': ["a14 '.atlas' 'v1.' w64"],
  'mailchimp-key': ["h32 '-us' '17'"],
  'facebook-app-token': ["'1' d15 '|' a27"],
  'aws-secret-key': ["'aws_secret' '_access_key = ' b40"],
  'azure-storage-key': ["'Account' 'Key=' b86 '=='"],
  'datadog-key': ["'DATADOG_API_KEY: ' h32"],
  'cloudflare-key': ["'CLOUDFLARE_API_TOKEN=' w40"],
  'heroku-api-key': ["'HEROKU_API_KEY=' h8 '-' h4 '-' h4 '-' h4 '-' h12"],
  'twilio-token': ["'twilio_auth_token = \"' h32 '\"'"],
  password: ["'password = \"' a9 '!7k\"'", "'DB_PASSWORD=' a14", "'Kennwort: ' a10 '9!x'"],
  'api-key': ['\'"api_key": "\' a32 \'"\'', "'client_secret=' a40", "'access token: ' a36"],
  'bearer-token': ["'Authorization: ' 'Bearer ' a40", "'authorization: ' 'token ' h40"],
  'connection-string-password': ["'postgres://app:' a14 '@db.internal/app'"],
  'scalingo-token': ["'tk-us-' w48"],
  'defined-networking-token': ["'dnkey-' l26 '-' l52"],
  'launchdarkly-key': ["'sdk-' h8 '-' h4 '-' h4 '-' h4 '-' h12"],
  'lob-key': ["'live_' h35", "'test_' h35"],
};

/** What a body says, made up. */
function madeOf(body: string, random: () => number): string {
  const parts = body.matchAll(/'(?<text>[^']*)'|(?<set>[a-z])(?<count>\d+)/gu);
  return Array.from(parts, ({ groups }) => {
    const { text, set = '', count } = groups ?? {};
    if (text !== undefined) return text;
    const letters = SETS[set as keyof typeof SETS];
    return Array.from(
      { length: Number(count) },
      () => letters[Math.floor(random() * letters.length)],
    ).join('');
  }).join('');
}

export interface SecretSample {
  readonly category: string;
  readonly text: string;
}

/** Every kind, some of them in several forms; other seeds, other credentials. */
export function secretSamples(seed: number): SecretSample[] {
  const random = seeded(seed);
  return Object.entries(BODIES).flatMap(([category, bodies]) =>
    bodies.map((body) => ({ category, text: madeOf(body, random) })),
  );
}

/** What only looks like one. */
export function lookAlikes(seed: number): string[] {
  const random = seeded(seed);
  const make = (body: string): string => madeOf(body, random);
  return [
    make("h8 '-' h4 '-4' h3 '-a' h3 '-' h12"),
    make('h40'),
    make("'sha256:' h64"),
    make("'commit ' h40"),
    make("'ETag: \"' h32 '\"'"),
    make("'data:image/png;base64,iVBORw0KGgo' b300"),
    make("'integrity=\"sha512-' b86 '==\"'"),
    make("'AKIA' 'IOSFODNN7' 'EXAMPLE'"),
    make("'ghp_' 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'"),
    make("'npm_' 'abcdefghijklmnopqrstuvwxyz0123456789'"),
    make("'glpat-' 'a1b2c3d4e5f6g7h8i9j0'"),
    make("'ghp_' 'Ab3dEf7hAb3dEf7hAb3dEf7hAb3dEf7hAb3d'"),
    make("'sk-proj-' 'your7-Project-Key-Goes-In-This-Place-q8Zr2Wb5Tn1'"),
    make("'sk_test_' 'FakeKey0ForTheManual9Only7'"),
    make("'hf_' 'kQ2wZr765432LmNpXtVbHsJdGfRyTcWqKe'"),
    'password = "changeme"',
    'api_key: <your-api-key>',
    'API_KEY=${API_KEY}',
    'token = os.environ["TOKEN"]',
    'secret: {{ .Values.secret }}',
    'const token = await getToken(user);',
    'password: string;',
    'max_tokens: 4096, next_page_token = cursor',
    'The secret: be patient, and read the manual.',
    'sk-learn-pipeline-with-column-transformer',
    'postgres://user:${DB_PASSWORD}@host/db',
    'https://example.com:8080/path@v2',
    'docker run -u 1000:1000 image',
    'chown -u www-data:www-data /srv',
    'PublicKeyToken=b77a5c561934e089',
    '-----BEGIN PUBLIC KEY-----',
    'sk-ant-api03-...',
  ];
}
