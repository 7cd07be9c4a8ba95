/** Every page: its name in the address, its section, and what somebody must be permitted to see it. */
import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

import type { Operation } from '../api.ts';
import { t } from '../messages/message.ts';

/** Where whoever sets a gateway up begins. */
export const FIRST_STEPS = 'welcome';

export const SECTIONS = [
  t('Now'),
  t('Access'),
  t('Gateway'),
  t('Audit'),
  t('Administration'),
] as const;

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
    title: t('Overview'),
    about: t('What comes, how it ends, how long it takes, what it costs; and what runs.'),
    needs: ['GET /series'],
    load: () => import('../pages/overview.tsx'),
  },
  {
    name: 'requests',
    title: t('Requests'),
    about: t('What was asked for and what was decided, out of the log: searched, or as it comes.'),
    needs: ['GET /audit/records', 'GET /audit/records/{writer}/{seq}', 'GET /audit/tail'],
    load: () => import('../pages/requests.tsx'),
  },
  {
    name: 'security',
    title: t('Security'),
    about: t('What guards found, what people say of it, and who was refused most.'),
    needs: ['GET /series', 'GET /findings'],
    load: () => import('../pages/security.tsx'),
  },
  {
    name: 'playground',
    title: t('Playground'),
    about: t('A prompt through the gateway as it is: what it answers, and what it decides.'),
    needs: ['POST /playground/calls', 'GET /playground'],
    load: () => import('../pages/playground.tsx'),
  },
  {
    name: 'alerts',
    title: t('Alerts'),
    about: t('Rules on what is measured: what fires, and what is kept quiet for a while.'),
    needs: ['GET /alert-rules', 'GET /alert-silences'],
    load: () => import('../pages/alerts.tsx'),
  },
  {
    name: 'approvals',
    title: t('Approvals'),
    about: t('Tool calls that wait for a person.'),
    needs: ['GET /approvals'],
    load: () => import('../pages/approvals.tsx'),
  },
  {
    name: 'runs',
    title: t('Runs'),
    about: t('Agents at work: what each may spend, and has spent.'),
    needs: ['GET /runs'],
    load: () => import('../pages/runs.tsx'),
  },
  {
    name: 'usage',
    title: t('Usage'),
    about: t('What was used, by whom, and what it cost.'),
    needs: ['GET /usage'],
    load: () => import('../pages/usage.tsx'),
  },
  {
    name: 'limits',
    title: t('Limits and budgets'),
    about: t('What is left of each, now, and where the money leads.'),
    needs: ['GET /limits', 'GET /budgets'],
    load: () => import('../pages/limits.tsx'),
  },
  {
    name: FIRST_STEPS,
    title: t('First steps'),
    about: t('From a new gateway to a first request, and to the proof of what was decided.'),
    needs: ['POST /config/apply', 'POST /accounts', 'POST /keys', 'POST /playground/calls'],
    load: () => import('../pages/welcome.tsx'),
  },
] as const satisfies readonly Said[];

const access = [
  {
    name: 'keys',
    title: t('Keys'),
    about: t('What applications call the gateway with.'),
    needs: ['GET /keys'],
    load: () => import('../pages/keys.tsx'),
  },
  {
    name: 'users',
    title: t('Users'),
    about: t('People, and whether they may call.'),
    needs: ['GET /users'],
    load: () => import('../pages/users.tsx'),
  },
  {
    name: 'service-accounts',
    title: t('Service accounts'),
    about: t('Applications, jobs and agents, and whether they may call.'),
    needs: ['GET /service-accounts'],
    load: () => import('../pages/service-accounts.tsx'),
  },
  {
    name: 'teams',
    title: t('Teams'),
    about: t('Groups of people that share rights, limits and budgets.'),
    needs: ['GET /teams'],
    load: () => import('../pages/teams.tsx'),
  },
  {
    name: 'tenants',
    title: t('Tenants'),
    about: t('Who is apart from whom.'),
    needs: ['GET /tenants'],
    load: () => import('../pages/tenants.tsx'),
  },
  {
    name: 'roles',
    title: t('Roles'),
    about: t('Rules of what may be called, and under which condition.'),
    needs: ['GET /tenants/{tenant}/roles', 'GET /tenants'],
    load: () => import('../pages/roles.tsx'),
  },
  {
    name: 'bindings',
    title: t('Bindings'),
    about: t('Who has which role.'),
    needs: ['GET /bindings'],
    load: () => import('../pages/bindings.tsx'),
  },
  {
    name: 'explain',
    title: t('Why can she?'),
    about: t('What would be decided about one call, and by which rule.'),
    needs: ['POST /policy/explain', 'GET /tenants'],
    load: () => import('../pages/explain.tsx'),
  },
] as const satisfies readonly Said[];

const gateway = [
  {
    name: 'models',
    title: t('Models'),
    about: t('The names that callers use, where their calls go, and what they cost.'),
    needs: ['GET /models', 'GET /status'],
    load: () => import('../pages/models.tsx'),
  },
  {
    name: 'config',
    title: t('Configuration'),
    about: t('What is in force, and what the store adds to the file.'),
    needs: ['GET /config', 'GET /config/{section}'],
    load: () => import('../pages/config.tsx'),
  },
  {
    name: 'secrets',
    title: t('Provider secrets'),
    about: t('Secrets that tenants have brought, and the keys that they are kept under.'),
    needs: ['GET /tenants/{tenant}/provider-secrets', 'GET /tenants'],
    load: () => import('../pages/secrets.tsx'),
  },
  {
    name: 'tool-pins',
    title: t('Tool pins'),
    about: t('What a tool was when it was first declared, and whether it has changed.'),
    needs: ['GET /tool-pins'],
    load: () => import('../pages/tool-pins.tsx'),
  },
] as const satisfies readonly Said[];

const audit = [
  {
    name: 'log',
    title: t('Audit log'),
    about: t('How far the log is signed and anchored; verify it here.'),
    needs: ['GET /audit/log', 'GET /audit/verification'],
    load: () => import('../pages/log.tsx'),
  },
  {
    name: 'reports',
    title: t('Reports'),
    about: t('What an auditor is given, as a page to print, as CSV or as JSON.'),
    needs: ['GET /reports/{name}'],
    load: () => import('../pages/reports.tsx'),
  },
  {
    name: 'sinks',
    title: t('Sinks'),
    about: t('Where records are sent, and how far each receiver is.'),
    needs: ['GET /audit/sinks'],
    load: () => import('../pages/sinks.tsx'),
  },
  {
    name: 'holds',
    title: t('Holds'),
    about: t('What may not be erased while somebody says so.'),
    needs: ['GET /holds'],
    load: () => import('../pages/holds.tsx'),
  },
  {
    name: 'erasure',
    title: t('Erasure'),
    about: t('Give a person what is kept of them, or forget them and keep the receipt.'),
    needs: ['POST /erasures'],
    load: () => import('../pages/erasure.tsx'),
  },
  {
    name: 'content',
    title: t('Content'),
    about: t('Leave to see what was said in calls.'),
    needs: ['GET /content-leaves'],
    load: () => import('../pages/content.tsx'),
  },
] as const satisfies readonly Said[];

const administration = [
  {
    name: 'accounts',
    title: t('Accounts'),
    about: t('Administrators who sign in here with a password.'),
    needs: ['GET /accounts'],
    load: () => import('../pages/accounts.tsx'),
  },
  {
    name: 'sessions',
    title: t('Sessions'),
    about: t('Who is signed in.'),
    needs: ['GET /sessions'],
    load: () => import('../pages/sessions.tsx'),
  },
  {
    name: 'tokens',
    title: t('Admin tokens'),
    about: t('What programs call the admin API with.'),
    needs: ['GET /admin-tokens'],
    load: () => import('../pages/tokens.tsx'),
  },
  {
    name: 'me',
    title: t('My account'),
    about: t('Your sessions, your password, your authenticator.'),
    needs: ['GET /me/sessions'],
    load: () => import('../pages/me.tsx'),
  },
] as const satisfies readonly Said[];

export const PAGES: readonly PageInfo[] = [
  ...now.map(within(t('Now'))),
  ...access.map(within(t('Access'))),
  ...gateway.map(within(t('Gateway'))),
  ...audit.map(within(t('Audit'))),
  ...administration.map(within(t('Administration'))),
];
