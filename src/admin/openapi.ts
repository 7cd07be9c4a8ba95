/** The OpenAPI 3.1 document of the admin API, made from the routes that run: it cannot drift. */
import { z } from 'zod';

import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { problemTexts, PROBLEM_TYPE } from './problem.ts';
import type { AdminRoute, Declaration } from './route.ts';
import { SESSION_COOKIE } from './people/cookies.ts';
import type { OpenRoute } from './people/open-route.ts';
import { openRoutes } from './people/open-routes.ts';
import { adminRoutes } from './routes.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  // Through text: what is not JSON (zod hangs a function on it) does not get into the document.
  const json = parseJson(JSON.stringify(made));
  assert(isJsonObject(json), 'a JSON Schema is an object');
  delete json['$schema'];
  return json;
};

const problemSchema = z.object({
  type: z.enum(Object.keys(problemTexts).map((reason) => PROBLEM_TYPE + reason)),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
  field: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
});

export function openApiDocument(): JsonObject {
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const route of adminRoutes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  for (const route of openRoutes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = openOperationOf(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'LLMProxy admin API',
      version: '1',
      description: 'Administration of a gateway. Writes are audited; errors are RFC 9457 problems.',
    },
    servers: [{ url: '/' }],
    security: [{ adminToken: [] }, { session: [], csrf: [] }],
    paths,
    components: {
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'An admin token (`llmpa_…`).' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'A session of a person, for the pages of this site.',
        },
        csrf: {
          type: 'apiKey',
          in: 'header',
          name: 'x-csrf-token',
          description: 'With a session: the `csrfToken` of it, on everything but GET.',
        },
      },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      responses: {
        Problem: {
          description: 'Refused or failed, in constant words.',
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          },
        },
      },
    },
  };
}

function operationOf(route: AdminRoute): JsonObject {
  const { summary, permission, scope, audit, status, body } = route;
  return {
    operationId: operationId(route),
    summary,
    parameters: parametersOf(route),
    ...(body !== null && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: {
      [String(status)]: answerOf(route),
      default: { $ref: '#/components/responses/Problem' },
    },
    'x-llmproxy-permission': permission,
    'x-llmproxy-scope': scope,
    ...(audit !== null && { 'x-llmproxy-audit-action': audit }),
  };
}

/** Open to strangers: it is how one gets a session. */
function openOperationOf({
  method,
  path,
  summary,
  audit,
  takes,
  body,
  status,
  response,
}: OpenRoute) {
  const type = takes === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
  return {
    operationId: operationId({ method, path }),
    summary,
    security: [],
    ...(body !== null && {
      requestBody: { required: true, content: { [type]: { schema: schemaOf(body, 'input') } } },
    }),
    responses: {
      [String(status)]: answerOf({ response }),
      default: { $ref: '#/components/responses/Problem' },
    },
    ...(audit !== null && { 'x-llmproxy-audit-action': audit }),
  };
}

/** `tenants.{tenant}.roles` and its method, in a form that generators take for a name. */
const operationId = ({ method, path }: Pick<AdminRoute, 'method' | 'path'>): string =>
  [method.toLowerCase(), ...path.replace('/admin/v1/', '').split('/')]
    .map((part) => part.replaceAll(/[{}]/gu, ''))
    .join('-');

function parametersOf({ path, query, ifMatch }: AdminRoute): JsonValue[] {
  const names = [...path.matchAll(/\{(?<name>\w+)\}/gu)].map(
    ({ groups }) => groups?.['name'] ?? '',
  );
  const inPath = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const shape = query instanceof z.ZodObject ? (query.shape as Record<string, z.ZodType>) : {};
  const inQuery = Object.entries(shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema, 'input'),
  }));
  const version = {
    name: 'if-match',
    in: 'header',
    required: true,
    description: 'The ETag that you read.',
    schema: { type: 'string' },
  };
  return [...inPath, ...inQuery, ...(ifMatch ? [version] : [])];
}

function answerOf({ response, files = [] }: Answering): JsonObject {
  if (response === null) return { description: 'Done.' };
  if (response === 'events') {
    const events = { 'text/event-stream': { schema: { type: 'string' } } };
    return { description: 'Events, until the reader goes.', content: events };
  }
  return {
    description: 'The answer.',
    content: {
      'application/json': { schema: schemaOf(response, 'output') },
      ...Object.fromEntries(files.map((type) => [type, { schema: { type: 'string' } }])),
    },
  };
}

interface Answering extends Pick<Declaration, 'response'> {
  readonly files?: readonly string[];
}
