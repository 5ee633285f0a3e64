import { Conflict, Forbidden } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Routes } from '../../../http/index.ts'
import type { UserId } from '../../../storage/index.ts'
import { pagerOf, queryText } from '../people-view.ts'
import { actorOf } from '../shell.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import { aboutDirectory, directoryOf, headOf, pathOf, root, runActor } from './shared.ts'

const pageSize = 50

/** GET …/:id/conflicts: entries that stand in somebody's way, each with the fix; POST …/:id/adoption gives one the account that is there (SEC-65). */
export function mountConflicts(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs

  routes.get(`${root}/:id/conflicts`, may('settings.read'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const after = queryText(ctx, 'after')
    const rows = await directories.conflicts(directory.organizationId, directory.id, { limit: pageSize + 1, ...(after === '' ? {} : { after }) })
    ctx.page('admin/directory-conflicts', {
      ...headOf(directory), mayWrite: roleMay(actorOf(ctx).role, 'settings.write'), rows: rows.slice(0, pageSize).map(({ anchor, dn, code, detail, adoptable }) => ({ anchor, dn, codeKey: `directory.conflict.${code}`, detail, adoptable })),
      pager: pagerOf(pathOf(directory, 'conflicts'), {}, after, rows.length > pageSize ? rows[pageSize - 1]?.anchor : undefined),
    })
  })

  routes.post(`${root}/:id/adoption`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const anchor = (await ctx.form()).text('anchor')
    const page = pathOf(directory, 'conflicts')
    try {
      const { email } = await storage.write(async (tx) => {
        const adopted = await directories.adopt(tx, directory.organizationId, directory.id, anchor, runActor(ctx))
        await needs.record(tx, ctx, { action: 'directory.adopted', userId: adopted.userId as UserId, ...aboutDirectory(directory), details: { person: adopted.email, anchor } })
        return adopted
      })
      ctx.redirectTo(page, { key: 'directory.notice.adopted', params: { email } })
    } catch (error) {
      if (error instanceof Forbidden) return ctx.redirectTo(page, { key: 'directory.notice.above', kind: 'warning' })
      if (!(error instanceof Conflict)) throw error
      ctx.redirectTo(page, { key: 'directory.notice.not_adoptable', kind: 'warning' })
    }
  })
}
