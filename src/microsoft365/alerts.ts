import { newId, type Clock, type OrganizationId, type Storage, type Transaction } from '../storage/index.ts'

export type AlertDetails = Readonly<Record<string, string | number | boolean | null>>

export interface Alert {
  readonly id: string
  /** `microsoft.drift`, `microsoft.certificate`, …; its text is `alert.<kind>`. */
  readonly kind: string
  /** What it is about, such as a domain's id. */
  readonly subject: string
  readonly details: AlertDetails
  readonly raisedAt: number
  readonly resolvedAt: number | null
}

/** Tells people of news, in the transaction that raises it. */
export type NotifyOfAlert = (tx: Transaction, organizationId: OrganizationId, alert: Pick<Alert, 'kind' | 'details'>) => Promise<void>

interface Row { id: string; kind: string; subject: string; details: string; raised_at: number; resolved_at: number | null }

export type Alerts = ReturnType<typeof createAlerts>

/** What administrators must look at. One trouble is one open alert, however often it is found; it is resolved when it is gone. */
export function createAlerts(needs: { storage: Storage; clock: Clock; notify: NotifyOfAlert }) {
  const { storage, clock } = needs
  const toAlert = ({ id, kind, subject, details, raised_at: raisedAt, resolved_at: resolvedAt }: Row): Alert => ({ id, kind, subject, details: JSON.parse(details) as AlertDetails, raisedAt, resolvedAt })
  const columns = 'id, kind, subject, details, raised_at, resolved_at'

  return {
    /** @returns whether it is news: nothing of this kind was open for the subject, or it said something else */
    async raise(tx: Transaction, organizationId: OrganizationId, alert: { kind: string; subject: string; details: AlertDetails }): Promise<boolean> {
      const details = JSON.stringify(alert.details)
      const open = await tx.one<{ id: string; details: string }>('SELECT id, details FROM alerts WHERE organization_id = ? AND kind = ? AND subject = ? AND resolved_at IS NULL', [organizationId, alert.kind, alert.subject])
      if (open?.details === details) return false
      if (open) await tx.run('UPDATE alerts SET details = ?, raised_at = ? WHERE id = ?', [details, clock.now(), open.id])
      else await tx.run('INSERT INTO alerts (id, organization_id, kind, subject, details, raised_at) VALUES (?, ?, ?, ?, ?, ?)', [newId(), organizationId, alert.kind, alert.subject, details, clock.now()])
      await needs.notify(tx, organizationId, alert)
      return true
    },

    /** @returns whether one was open */
    async resolve(tx: Transaction, organizationId: OrganizationId, kind: string, subject: string): Promise<boolean> {
      return (await tx.run('UPDATE alerts SET resolved_at = ? WHERE organization_id = ? AND kind = ? AND subject = ? AND resolved_at IS NULL', [clock.now(), organizationId, kind, subject])) > 0
    },

    async open(organizationId: OrganizationId): Promise<Alert[]> {
      return (await storage.read.all<Row>(`SELECT ${columns} FROM alerts WHERE organization_id = ? AND resolved_at IS NULL ORDER BY raised_at DESC, id LIMIT 100`, [organizationId])).map(toAlert)
    },
  }
}
