/**
 * Fields by which servers that speak a dialect let a caller choose what this gateway decides: another model,
 * another provider, another address, credentials of its own, a template that runs on the server. No vendor
 * of a dialect has them; routers and servers of open models do, and one that read them would answer with a
 * model that no role granted and no budget priced.
 *
 * Sources: openrouter.ai/docs (models, route, provider, preset, plugins), docs.litellm.ai (the others),
 * docs.vllm.ai (chat_template).
 */
import type { JsonObject } from '#stdx/json.ts';

/** What its clients hand on to clouds: regions, endpoints and credentials. */
const OF_CLOUDS = /^(?:aws|azure|vertex)_/u;

const LISTED: ReadonlySet<string> = new Set([
  'models',
  'route',
  'provider',
  'preset',
  'plugins',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'custom_llm_provider',
  'model_list',
  'user_config',
  'router_settings_override',
  'litellm_credential_name',
  'extra_body',
  'extra_headers',
  'chat_template',
]);

/** The first such field that a body has; null is none. */
export function routingField(body: JsonObject): string | null {
  for (const name of Object.keys(body)) {
    if ((LISTED.has(name) || OF_CLOUDS.test(name)) && body[name] !== null) return name;
  }
  return null;
}
