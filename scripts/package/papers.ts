/** The papers of a package: licences of third parties, and a list of parts (CycloneDX 1.6). */
import { createHash } from 'node:crypto';

import type { Part } from './parts.ts';

const RULE = '-'.repeat(78);

/** What is in it beside packages: Node in the binary. */
export interface Platform {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly licenseText: string;
}

export function licencesText(parts: readonly Part[], more: readonly Platform[] = []): string {
  const head =
    'LLMProxy is under the Apache License 2.0 (LICENSE). Code of these packages is in it, each under\n' +
    'the licence that stands below its name.\n';
  const texts = [...more, ...parts].map(
    ({ name, version, license, licenseText }) =>
      `${RULE}\n${name} ${version} (${license})\n${RULE}\n\n${licenseText}\n`,
  );
  return [head, ...texts].join('\n');
}

export interface Subject {
  readonly version: string;
  /** Of the package or the binary. */
  readonly purl: string;
  readonly more: readonly Platform[];
}

const purlOf = ({ name, version }: Pick<Part, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** An expression of several licences is not an id. */
const licensesOf = (license: string): readonly object[] =>
  / |\(/u.test(license) ? [{ expression: license }] : [{ license: { id: license } }];

/**
 * Without a time and with a serial number that is a hash of the parts: built twice, it is the same.
 */
export function sbomText(parts: readonly Part[], { version, purl, more }: Subject): string {
  const components = [
    ...parts.map((part) => ({
      type: 'library',
      'bom-ref': purlOf(part),
      name: part.name,
      version: part.version,
      scope: 'required',
      hashes: [{ alg: 'SHA-512', content: part.sha512 }],
      licenses: licensesOf(part.license),
      purl: purlOf(part),
    })),
    ...more.map((one) => ({
      type: 'platform',
      'bom-ref': `pkg:generic/${one.name}@${one.version}`,
      name: one.name,
      version: one.version,
      scope: 'required',
      licenses: licensesOf(one.license),
      purl: `pkg:generic/${one.name}@${one.version}`,
    })),
  ];
  const body = {
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purl,
        name: 'llmproxy',
        version,
        licenses: licensesOf('Apache-2.0'),
        purl,
      },
    },
    components,
    dependencies: [
      { ref: purl, dependsOn: components.map((one) => one['bom-ref']).sort() },
      ...parts.map((part) => ({ ref: purlOf(part), dependsOn: neededBy(part, parts) })),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(body))}`;
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1 };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

const neededBy = ({ needs }: Part, parts: readonly Part[]): readonly string[] =>
  parts
    .filter(({ name }) => needs.includes(name))
    .map(purlOf)
    .sort();

/** A UUID of version 8: ours to fill. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
