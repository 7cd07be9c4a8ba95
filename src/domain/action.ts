/** What a caller may do with a model. */
export const actions = ['chat', 'embeddings', 'count-tokens', 'models'] as const;
export type Action = (typeof actions)[number];
