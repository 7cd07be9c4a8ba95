/** Every page: its name in the address, its section, and what somebody must be permitted to see it. */
import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

import type { Operation } from '../api.ts';

/** Where whoever sets a gateway up begins. */
export const FIRST_STEPS = 'welcome';

export const SECTIONS = ['Now', 'Access', 'Gateway', 'Audit', 'Administration'] as const;

export interface PageInfo {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly section: (typeof SECTIONS)[number];
  /** The reads that it cannot do without. */
  readonly needs: readonly Operation[];
  readonly View: LazyExoticComponent<ComponentType>;
}

type Load = () => Promise<{ readonly default: ComponentType }>;

interface Said extends Omit<PageInfo, 'View' | 'section'> {
  readonly load: Load;
}

const within =
  (section: PageInfo['section']) =>
  ({ load, ...said }: Said): PageInfo => ({ ...said, section, View: lazy(load) });

const now = [
  {
    name: 'overview',
    title: 'Overview',
    about: 'What comes, how it ends, how long it takes, what it costs; and what runs.',
    needs: ['GET /series'],
    load: () => import('../pages/overview.tsx'),
  },
  {
    name: 'requests',
    title: 'Requests',
    about: 'What was asked for and what was decided, out of the log: searched, or as it comes.',
    needs: ['GET /audit/records', 'GET /audit/records/{writer}/{seq}', 'GET /audit/tail'],
    load: () => import('../pages/requests.tsx'),
  },
  {
    name: 'security',
    title: 'Security',
    about: 'What guards found, what people say of it, and who was refused most.',
    needs: ['GET /series', 'GET /findings'],
    load: () => import('../pages/security.tsx'),
  },
  {
    name: 'playground',
    title: 'Playground',
    about: 'A prompt through the gateway as it is: what it answers, and what it decides.',
    needs: ['POST /playground/calls', 'GET /playground'],
    load: () => import('../pages/playground.tsx'),
  },
  {
    name: 'alerts',
    title: 'Alerts',
    about: 'Rules on what is measured: what fires, and what is kept quiet for a while.',
    needs: ['GET /alert-rules', 'GET /alert-silences'],
    load: () => import('../pages/alerts.tsx'),
  },
  {
    name: 'approvals',
    title: 'Approvals',
    about: 'Tool calls that wait for a person.',
    needs: ['GET /approvals'],
    load: () => import('../pages/approvals.tsx'),
  },
  {
    name: 'runs',
    title: 'Runs',
    about: 'Agents at work: what each may spend, and has spent.',
    needs: ['GET /runs'],
    load: () => import('../pages/runs.tsx'),
  },
  {
    name: 'usage',
    title: 'Usage',
    about: 'What was used, by whom, and what it cost.',
    needs: ['GET /usage'],
    load: () => import('../pages/usage.tsx'),
  },
  {
    name: 'limits',
    title: 'Limits and budgets',
    about: 'What is left of each, now, and where the money leads.',
    needs: ['GET /limits', 'GET /budgets'],
    load: () => import('../pages/limits.tsx'),
  },
  {
    name: FIRST_STEPS,
    title: 'First steps',
    about: 'From a new gateway to a first request, and to the proof of what was decided.',
    needs: ['POST /config/apply', 'POST /accounts', 'POST /keys', 'POST /playground/calls'],
    load: () => import('../pages/welcome.tsx'),
  },
] as const satisfies readonly Said[];

const access = [
  {
    name: 'keys',
    title: 'Keys',
    about: 'What applications call the gateway with.',
    needs: ['GET /keys'],
    load: () => import('../pages/keys.tsx'),
  },
  {
    name: 'users',
    title: 'Users',
    about: 'People, and whether they may call.',
    needs: ['GET /users'],
    load: () => import('../pages/users.tsx'),
  },
  {
    name: 'teams',
    title: 'Teams',
    about: 'Groups of people that share rights, limits and budgets.',
    needs: ['GET /teams'],
    load: () => import('../pages/teams.tsx'),
  },
  {
    name: 'tenants',
    title: 'Tenants',
    about: 'Who is apart from whom.',
    needs: ['GET /tenants'],
    load: () => import('../pages/tenants.tsx'),
  },
  {
    name: 'roles',
    title: 'Roles',
    about: 'Rules of what may be called, and under which condition.',
    needs: ['GET /tenants/{tenant}/roles', 'GET /tenants'],
    load: () => import('../pages/roles.tsx'),
  },
  {
    name: 'bindings',
    title: 'Bindings',
    about: 'Who has which role.',
    needs: ['GET /bindings'],
    load: () => import('../pages/bindings.tsx'),
  },
  {
    name: 'explain',
    title: 'Why can she?',
    about: 'What would be decided about one call, and by which rule.',
    needs: ['POST /policy/explain', 'GET /tenants'],
    load: () => import('../pages/explain.tsx'),
  },
] as const satisfies readonly Said[];

const gateway = [
  {
    name: 'models',
    title: 'Models',
    about: 'The names that callers use, where their calls go, and what they cost.',
    needs: ['GET /models', 'GET /status'],
    load: () => import('../pages/models.tsx'),
  },
  {
    name: 'config',
    title: 'Configuration',
    about: 'What is in force, and what the store adds to the file.',
    needs: ['GET /config', 'GET /config/{section}'],
    load: () => import('../pages/config.tsx'),
  },
  {
    name: 'secrets',
    title: 'Provider secrets',
    about: 'Secrets that tenants have brought, and the keys that they are kept under.',
    needs: ['GET /tenants/{tenant}/provider-secrets', 'GET /tenants'],
    load: () => import('../pages/secrets.tsx'),
  },
  {
    name: 'tool-pins',
    title: 'Tool pins',
    about: 'What a tool was when it was first declared, and whether it has changed.',
    needs: ['GET /tool-pins'],
    load: () => import('../pages/tool-pins.tsx'),
  },
] as const satisfies readonly Said[];

const audit = [
  {
    name: 'log',
    title: 'Audit log',
    about: 'How far the log is signed and anchored; verify it here.',
    needs: ['GET /audit/log', 'GET /audit/verification'],
    load: () => import('../pages/log.tsx'),
  },
  {
    name: 'reports',
    title: 'Reports',
    about: 'What an auditor is given, as a page to print, as CSV or as JSON.',
    needs: ['GET /reports/{name}'],
    load: () => import('../pages/reports.tsx'),
  },
  {
    name: 'sinks',
    title: 'Sinks',
    about: 'Where records are sent, and how far each receiver is.',
    needs: ['GET /audit/sinks'],
    load: () => import('../pages/sinks.tsx'),
  },
  {
    name: 'holds',
    title: 'Holds',
    about: 'What may not be erased while somebody says so.',
    needs: ['GET /holds'],
    load: () => import('../pages/holds.tsx'),
  },
  {
    name: 'erasure',
    title: 'Erasure',
    about: 'Forget a person, and keep the receipt.',
    needs: ['POST /erasures'],
    load: () => import('../pages/erasure.tsx'),
  },
  {
    name: 'content',
    title: 'Content',
    about: 'Leave to see what was said in calls.',
    needs: ['GET /content-leaves'],
    load: () => import('../pages/content.tsx'),
  },
] as const satisfies readonly Said[];

const administration = [
  {
    name: 'accounts',
    title: 'Accounts',
    about: 'Administrators who sign in here with a password.',
    needs: ['GET /accounts'],
    load: () => import('../pages/accounts.tsx'),
  },
  {
    name: 'sessions',
    title: 'Sessions',
    about: 'Who is signed in.',
    needs: ['GET /sessions'],
    load: () => import('../pages/sessions.tsx'),
  },
  {
    name: 'tokens',
    title: 'Admin tokens',
    about: 'What programs call the admin API with.',
    needs: ['GET /admin-tokens'],
    load: () => import('../pages/tokens.tsx'),
  },
  {
    name: 'me',
    title: 'My account',
    about: 'Your sessions, your password, your authenticator.',
    needs: ['GET /me/sessions'],
    load: () => import('../pages/me.tsx'),
  },
] as const satisfies readonly Said[];

export const PAGES: readonly PageInfo[] = [
  ...now.map(within('Now')),
  ...access.map(within('Access')),
  ...gateway.map(within('Gateway')),
  ...audit.map(within('Audit')),
  ...administration.map(within('Administration')),
];
