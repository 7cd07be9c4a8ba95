/** Every route that is open to strangers. A line here is a way in: the tests name each of them. */
import { loginRoutes } from './login-routes.ts';
import { oidcRoutes } from './oidc-routes.ts';
import type { OpenRoute } from './open-route.ts';

export const openRoutes: readonly OpenRoute[] = [...loginRoutes, ...oidcRoutes];

/** By the canonical path alone, whole: an open route has no places that a caller fills. */
export const openRouteOf = (method: string, path: string): OpenRoute | null =>
  openRoutes.find((route) => route.method === method && route.path === path) ?? null;
