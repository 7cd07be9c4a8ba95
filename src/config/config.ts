/** The whole of `llmproxy.yaml`: its check, its defaults and its manual page are this schema. */
import { z } from 'zod';

import { alertRulesSection } from './alert-rules-section.ts';
import { alertsSection } from './alerts-section.ts';
import { auditSection } from './audit-section.ts';
import { authSection } from './auth-section.ts';
import { custodySection } from './custody-section.ts';
import { onlyField, pathField } from './fields.ts';
import { guardsSection } from './guards-section.ts';
import { budgetsSection } from './budgets-section.ts';
import { limitsSection } from './limits-section.ts';
import { meteringSection } from './metering-section.ts';
import { modelsSection } from './models-section.ts';
import { pricesSection } from './prices-section.ts';
import { providersSection } from './providers-section.ts';
import { adminSection, serverSection } from './server-section.ts';
import { countersSection, ledgerSection, storageSection } from './stores-section.ts';
import { telemetrySection } from './telemetry-section.ts';
import { tenantsSection } from './tenants-section.ts';

export const configSchema = z
  .strictObject({
    version: onlyField(1, 'version').default(1),
    dataDir: pathField.default('./llmproxy-data').meta({
      description: "SQLite, audit segments, generated keys. Relative to this file's folder.",
    }),
    server: serverSection.prefault({}),
    admin: adminSection.prefault({}),
    storage: storageSection,
    custody: custodySection.prefault({}),
    counters: countersSection,
    ledger: ledgerSection,
    providers: providersSection,
    models: modelsSection,
    prices: pricesSection,
    auth: authSection.prefault({}),
    tenants: tenantsSection,
    limits: limitsSection,
    budgets: budgetsSection,
    metering: meteringSection,
    guards: guardsSection,
    alerts: alertsSection,
    alertRules: alertRulesSection,
    audit: auditSection.prefault({}),
    telemetry: telemetrySection.prefault({}),
  })
  .meta({ title: 'LLMProxy', description: 'The configuration of a gateway (llmproxy.yaml).' });

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
