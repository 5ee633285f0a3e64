import { OperatorError, Unavailable } from '../errors.ts'

interface Fault { readonly code?: unknown; readonly port?: unknown; readonly address?: unknown; readonly path?: unknown; readonly syscall?: unknown; readonly driverError?: unknown; readonly cause?: unknown }

const look = 'Look at DOORWARD_DATABASE_URL and whether PostgreSQL is running.'

const byCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: `The database does not answer (ECONNREFUSED). ${look}`,
  ENOTFOUND: `The database's host is not known (ENOTFOUND). ${look}`,
  EAI_AGAIN: `The name of the database's host cannot be looked up right now (EAI_AGAIN). ${look}`,
  ETIMEDOUT: `The database does not answer in time (ETIMEDOUT). ${look}`,
  ECONNRESET: `The database closed the connection (ECONNRESET). ${look}`,
  '28P01': 'The database refuses the user or the password in DOORWARD_DATABASE_URL.',
  '28000': 'The database does not let this user in (pg_hba.conf). Look at the user in DOORWARD_DATABASE_URL, and whether TLS is asked for.',
  '3D000': 'The database named in DOORWARD_DATABASE_URL does not exist. Make it first: createdb <name>.',
  '42501': 'The database user in DOORWARD_DATABASE_URL lacks rights. It must own the database, or at least its schema.',
  '53300': 'PostgreSQL has no free connection. Lower DOORWARD_DATABASE_POOL_SIZE on the nodes, or raise max_connections.',
  SQLITE_CANTOPEN: 'The database file cannot be opened. Look at DOORWARD_DATA_DIR, and whether this account may write there.',
  SQLITE_READONLY: 'The database file may not be written by this account. Run this as the account that Doorward runs as.',
  SQLITE_BUSY: 'Another process has kept the database busy for too long. Nothing was changed; try again.',
  SQLITE_FULL: 'The disk is full. Nothing was changed; make room and try again.',
  ENOSPC: 'The disk is full. Make room and try again.',
  SQLITE_NOTADB: 'The database file is not an SQLite database. Look at DOORWARD_DATA_DIR.',
  SQLITE_CORRUPT: 'The database file is damaged. Put back your newest backup.',
}

/** What an operator can mend is said in words; undefined where the fault is ours and its stack is worth reading. */
export function explainFault(error: unknown): string | undefined {
  if (error instanceof OperatorError) return error.message
  for (let fault = error as Fault | null | undefined; typeof fault === 'object' && fault !== null; fault = (fault.driverError ?? fault.cause) as Fault | undefined) {
    const code = typeof fault.code === 'string' ? fault.code : ''
    const port = String(fault.port ?? '?')
    if (code === 'EADDRINUSE') {
      return `Port ${port} of ${String(fault.address ?? 'this machine')} is taken. End the other program, or choose another port with DOORWARD_HTTP_PORT (and DOORWARD_PUBLIC_URL to match).`
    }
    if (code === 'EADDRNOTAVAIL') return `This machine has no address ${String(fault.address ?? '?')}. Look at DOORWARD_HTTP_HOST.`
    if (code === 'EACCES' && fault.syscall === 'listen') return `Port ${port} may not be used by this account. Ports below 1024 need more rights; use a higher one behind a reverse proxy.`
    if (['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(code) && typeof fault.path === 'string') return `${fault.path} cannot be used by this account (${code}). Look at its owner and rights.`
    const known = byCode[code] ?? Object.entries(byCode).find(([name]) => name.startsWith('SQLITE_') && code.startsWith(`${name}_`))?.[1]
    if (known !== undefined) return known
  }
  return error instanceof Unavailable ? `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}. Nothing was changed; try again.` : undefined
}
