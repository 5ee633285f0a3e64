import Router from '@koa/router'
import type { Access } from './access.ts'
import type { Context, Handler } from './context.ts'
import type { Middleware } from './server.ts'

export interface DeclaredRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly access: Access
}

/** Decides whether the visitor may enter; answers itself (redirect, error) and returns false when not. */
export type Gatekeeper = (ctx: Context, access: Access) => Promise<boolean>

/** Routes that cannot be declared without saying who may use them. Rooms get no router: there is no other way in. */
export interface Routes {
  get(path: string, access: Access, handler: Handler): void
  post(path: string, access: Access, handler: Handler): void
  readonly declared: readonly DeclaredRoute[]
}

/** @returns the routes for the rooms to fill, and what answers them. */
export function createRoutes(gatekeeper: Gatekeeper): { readonly routes: Routes; readonly answer: Middleware } {
  // One router for each first part of a path: a request is tried against a dozen patterns and not against a hundred.
  const routers = new Map<string, { readonly router: Router; readonly answer: Middleware }>()
  const firstPart = (path: string): string => path.split('/', 2)[1] ?? ''
  const routerOf = (path: string): Router => {
    const known = routers.get(firstPart(path))
    if (known) return known.router
    const router = new Router({ sensitive: true })
    routers.set(firstPart(path), { router, answer: router.routes() as unknown as Middleware })
    return router
  }
  const declared: DeclaredRoute[] = []
  const guard = (access: Access, handler: Handler) => async (ctx: unknown): Promise<void> => {
    const context = ctx as Context
    if (await gatekeeper(context, access)) await handler(context)
  }
  const routes: Routes = {
    get(path, access, handler) {
      declared.push({ method: 'GET', path, access })
      routerOf(path).get(path, guard(access, handler))
    },
    post(path, access, handler) {
      declared.push({ method: 'POST', path, access })
      routerOf(path).post(path, guard(access, handler))
    },
    declared,
  }
  return {
    routes,
    answer(ctx, next) {
      const own = routers.get(firstPart(ctx.path))
      return own ? own.answer(ctx, next) : next()
    },
  }
}
