/** How urgent a call is. Health and administration are no calls: they never wait and are never refused. */
export const callClasses = ['interactive', 'batch'] as const;
export type CallClass = (typeof callClasses)[number];
