/**
 * The attributes of RFC 7643 that are kept here: one tree, from which filters, PATCH paths, the
 * reading of bodies and `/Schemas` all take what there is.
 */
export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex';
  readonly isMulti: boolean;
  /** Whether letters of another case are another value. */
  readonly isCaseExact: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable';
  readonly description: string;
  readonly isRequired: boolean;
  readonly uniqueness: 'none' | 'server';
  readonly sub: readonly Attribute[];
}

export interface ResourceType {
  readonly name: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly urn: string;
  readonly attributes: readonly Attribute[];
  /** Lower-case names of attributes of the standard that are taken and not kept. */
  readonly notKept: ReadonlySet<string>;
}

const attribute = (
  name: string,
  description: string,
  more: Partial<Attribute> = {},
): Attribute => ({
  name,
  description,
  type: 'string',
  isMulti: false,
  isCaseExact: false,
  mutability: 'readWrite',
  isRequired: false,
  uniqueness: 'none',
  sub: [],
  ...more,
});

const READ_ONLY = { mutability: 'readOnly' } as const;
const EXACT = { isCaseExact: true } as const;

const common: readonly Attribute[] = [
  attribute('schemas', 'What the resource is.', { ...EXACT, ...READ_ONLY, isMulti: true }),
  attribute('id', 'Given by this server; never given twice.', { ...EXACT, ...READ_ONLY }),
  attribute('externalId', 'The id that the identity provider has for it.', EXACT),
  attribute('meta', 'When it was made and changed, and its version.', {
    ...READ_ONLY,
    type: 'complex',
    sub: [
      attribute('resourceType', 'User or Group.', { ...EXACT, ...READ_ONLY }),
      attribute('created', 'When it was made.', { ...READ_ONLY, type: 'dateTime' }),
      attribute('lastModified', 'When it was changed.', { ...READ_ONLY, type: 'dateTime' }),
      attribute('location', 'Where it is.', { ...READ_ONLY, type: 'reference' }),
      attribute('version', 'Its ETag.', { ...EXACT, ...READ_ONLY }),
    ],
  }),
];

const memberOf = (name: string, description: string, more: Partial<Attribute>): Attribute =>
  attribute(name, description, {
    type: 'complex',
    isMulti: true,
    sub: [
      attribute('value', 'The id.', { ...EXACT, ...more }),
      attribute('$ref', 'Where it is.', { type: 'reference', ...READ_ONLY }),
      attribute('display', 'For people.', READ_ONLY),
      attribute('type', 'User, or direct.', more),
    ],
    ...more,
  });

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user';

export const USER_TYPE: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:User',
  attributes: [
    ...common,
    attribute('userName', 'What keys and tokens call the user. It cannot be changed.', {
      mutability: 'immutable',
      isRequired: true,
      uniqueness: 'server',
    }),
    attribute('displayName', 'For people.'),
    attribute('name', 'The name of the person.', {
      type: 'complex',
      sub: [
        attribute('formatted', 'Whole.'),
        attribute('givenName', 'First name.'),
        attribute('familyName', 'Last name.'),
      ],
    }),
    attribute('active', 'False: locked out at once.', { type: 'boolean' }),
    attribute('emails', 'Addresses.', {
      type: 'complex',
      isMulti: true,
      sub: [
        attribute('value', 'The address.'),
        attribute('type', 'work, home or another.'),
        attribute('primary', 'The one to use.', { type: 'boolean' }),
      ],
    }),
  ],
  // A password has no use here, so it is not even looked at.
  notKept: new Set([
    'password',
    'nickname',
    'profileurl',
    'title',
    'usertype',
    'preferredlanguage',
    'locale',
    'timezone',
    'phonenumbers',
    'ims',
    'photos',
    'addresses',
    'groups',
    'entitlements',
    'roles',
    'x509certificates',
    ENTERPRISE,
    'name.middlename',
    'name.honorificprefix',
    'name.honorificsuffix',
    'emails.display',
  ]),
};

export const GROUP_TYPE: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  attributes: [
    ...common,
    attribute('displayName', 'The name, by which the tenant gives it a role.', {
      isRequired: true,
      uniqueness: 'server',
    }),
    memberOf('members', 'The users in it.', { mutability: 'readWrite' }),
  ],
  notKept: new Set(),
};

/** Names of attributes are the same in any case (RFC 7643 section 2.1). */
export const attributeNamed = (
  attributes: readonly Attribute[],
  name: string,
): Attribute | undefined => attributes.find((one) => one.name.toLowerCase() === name.toLowerCase());

export interface AttributePath {
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

/** Without the URN of the resource, which may stand before an attribute. */
export function withoutUrn(path: string, urn: string): string {
  const isOwn = urn !== '' && path.toLowerCase().startsWith(`${urn.toLowerCase()}:`);
  return isOwn ? path.slice(urn.length + 1) : path;
}

/** Whether a path, without filters, names something that is taken and not kept. */
export function isNotKept(path: string, { notKept }: ResourceType): boolean {
  const name = path.replace(/\[[^]*\]/u, '').toLowerCase();
  if (name.startsWith(ENTERPRISE)) return notKept.has(ENTERPRISE);
  return notKept.has(name) || (notKept.has(name.split('.')[0] ?? '') && !name.startsWith('urn:'));
}

/** `name.givenName`, or null for what is not there. */
export function pathOf(path: string, attributes: readonly Attribute[]): AttributePath | null {
  const [head = '', tail, ...more] = path.split('.');
  const attribute = attributeNamed(attributes, head);
  if (attribute === undefined || more.length > 0) return null;
  if (tail === undefined) return { attribute, sub: null };
  const sub = attributeNamed(attribute.sub, tail);
  return sub === undefined ? null : { attribute, sub };
}
