/** The text that `llmproxy init` writes: a file that works, and that teaches while it is read. */

export interface StarterAnswers {
  readonly provider: 'openai' | 'anthropic' | 'demo';
  /** The environment variable with the provider's secret; not for the demo. */
  readonly keyVariable: string;
  readonly tenant: string;
  readonly listen: string;
  /** Which guards: secrets redacted, secrets blocked, or secrets only watched. */
  readonly guards: 'redact' | 'block' | 'observe';
}

export const STARTER_KEY_VARIABLES = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  demo: '',
} as const;

const MODELS = {
  openai: ['gpt-4o-mini', 'text-embedding-3-small'],
  anthropic: ['claude-haiku-4-5'],
  demo: ['demo', 'gpt-4o-mini', 'claude-haiku-4-5', 'text-embedding-3-small'],
} as const;

const GUARDS = {
  redact: 'mode: enforce, action: redact',
  block: 'mode: enforce, action: block',
  observe: 'mode: observe, action: redact',
} as const;

export function starterConfig({
  provider,
  keyVariable,
  tenant,
  listen,
  guards,
}: StarterAnswers): string {
  const apiKey = provider === 'demo' ? '' : `, apiKey: \${env:${keyVariable}}`;
  const models = MODELS[provider].map(
    (model) => `  ${model}: { deployments: [{ provider: ${provider} }] }`,
  );
  return `# yaml-language-server: $schema=./llmproxy.schema.json
# A gateway for language models. Check this file with \`llmproxy config validate\`.
# Secrets do not belong here: write \${env:NAME} or \${file:PATH}.
version: 1
dataDir: ./llmproxy-data            # SQLite, the audit log, generated keys; back it up

server:
  listen: ${listen}            # where applications connect; port 0 takes a free one
  trustedProxies: []                # proxies in front, whose x-forwarded-for is believed
admin:
  listen: 127.0.0.1:8081            # admin API and dashboard: keep it on a private address

providers:                          # the APIs that calls go to
  ${provider}: { type: ${provider}${apiKey} }
  # local: { type: openai, baseUrl: http://127.0.0.1:11434/v1, allowPrivateAddress: true }

models:                             # the names that callers use; each may have several deployments
${models.join('\n')}
  # fast:
  #   deployments:
  #     - { provider: ${provider}, model: ${MODELS[provider][0]}, weight: 3 }
  #   price: { inputPerMTok: 0.15, outputPerMTok: 0.60 }

tenants:                            # who may call, and what; nothing is allowed by default
  - id: ${tenant}
    roles:
      reader: { allow: [{ actions: [models], models: ["*"] }] }
    bindings: []                    # keys carry roles; this gives roles to users and teams as well

limits:                             # a call must fit all of them
  - { name: per-key, per: [key], requests: 60/1m, burst: 20 }
  - { name: tenant-tokens, per: [tenant], tokens: 1000000/1h }

guards:                             # required; \`guards: []\` would mean that nothing is read
  - { name: injection, type: prompt-injection, on: [request], mode: ${guards === 'observe' ? 'observe' : 'enforce'}, action: block, timeout: 500ms, onFault: deny }
  - { name: secrets, type: secrets, on: [request, reply], ${GUARDS[guards]} }
  # - { name: pii, type: pii, on: [request], entities: [email, phone, card, iban, ssn], action: pseudonymise }
  # - { name: links, type: links, on: [reply], allow: ["*.example.com"], action: redact }
  # - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }

audit:
  onFailure: deny                   # no record, no service
  retention: { metadata: 400d, content: 30d }
`;
}
