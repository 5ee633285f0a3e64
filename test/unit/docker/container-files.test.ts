import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environmentName, optionPaths, readConfig } from '../../../src/config/index.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const dockerfile = read('docker/Dockerfile')
const instructions = dockerfile.replaceAll(/\\\n\s*/g, '').split('\n').filter((line) => line !== '' && !line.startsWith('#'))
const argumentsOf = (name: string): string[] => instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))

interface Service {
  environment: Record<string, string>; secrets: string[]; read_only: boolean; cap_drop: string[]; security_opt: string[]; ports?: string[]; networks: string[]; healthcheck: { test: string[] }
  depends_on?: Record<string, { condition: string }>; volumes: string[]; image: string
}
const compose = parse(read('docker/compose.yaml')) as { services: Record<'doorward' | 'postgres', Service>; secrets: Record<string, unknown>; volumes: Record<string, unknown>; networks: Record<string, unknown> }

describe('the container image', () => {
  it('SEC-89 runs no script of a package, brings no tools, and runs as a number that is not root', () => {
    expect(argumentsOf('RUN')[0]).toBe('npm ci --omit=dev --omit=optional --ignore-scripts')
    expect(argumentsOf('FROM')).toEqual(['node:24-slim AS packages', 'node:24-slim'])
    expect(argumentsOf('USER')).toEqual(['10001:10001'])
    expect(argumentsOf('CMD')).toEqual(['["node", "src/main.ts"]'])
    expect(argumentsOf('RUN')[1]).toBe('install -d -o 10001 -g 10001 -m 0700 /data')
  })

  it('sets nothing but options, and writes where its volume is', () => {
    const environment = Object.fromEntries(argumentsOf('ENV').flatMap((line) => line.split(/\s+/)).map((pair) => pair.split('=') as [string, string]))
    const { config, problems } = readConfig('', environment)
    expect(problems).toEqual([])
    expect([config.dataDir, config.http.host, argumentsOf('VOLUME'), argumentsOf('EXPOSE')]).toEqual(['/data', '0.0.0.0', ['/data'], [String(config.http.port)]])
  })

  it('copies only what may leave the folder', () => {
    const allowed = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    const copied = argumentsOf('COPY').filter((line) => !line.startsWith('--from')).flatMap((line) => line.split(' ').slice(0, -1))
    expect(new Set(copied)).toEqual(new Set(allowed))
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['*', 'config/doorward.yaml']))
  })

  it.each([[200, 0], [503, 1], [null, 1]])('is healthy only when the server says that it is ready: %s', async (status, expected) => {
    const [, check = ''] = /HEALTHCHECK .*?CMD \["node", "-e", "(.*)"\]/.exec(instructions.join('\n')) ?? []
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.url)
      response.writeHead(status ?? 500).end()
    })
    await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
    const { port } = server.address() as AddressInfo
    if (status === null) await new Promise((done) => { server.close(done) })
    const code = await new Promise((done) => {
      spawn(process.execPath, ['-e', check], { env: { DOORWARD_HTTP_PORT: String(port) }, stdio: 'ignore' }).on('close', done)
    })
    server.close()
    expect(code).toBe(expected)
    expect(asked).toEqual(status === null ? [] : ['/health/ready'])
  })
})

describe('the compose file', () => {
  const { doorward, postgres } = compose.services

  it('locks both containers down: read-only, no rights, no new ones', () => {
    for (const service of [doorward, postgres]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    }
    expect(postgres.image).toBe('postgres:17')
  })

  it('lets nobody but Doorward reach the database, and nobody but this machine reach Doorward', () => {
    expect([postgres.ports, postgres.networks, compose.networks['back']]).toEqual([undefined, ['back'], { internal: true }])
    expect(doorward.ports).toEqual(['127.0.0.1:8080:8080'])
    expect(doorward.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
  })

  it('names only options of Doorward, and secrets only as files', () => {
    const known = new Map(optionPaths().flatMap(({ path, option }) => [[environmentName(path), option.secret], ...(option.secret ? [[`${environmentName(path)}_FILE`, false] as const] : [])] as [string, boolean][]))
    const commented = [...read('docker/compose.yaml').matchAll(/^\s*# (DOORWARD_[A-Z_]+):/gm)].map(([, name = '']) => name)
    for (const name of [...Object.keys(doorward.environment), ...commented]) expect([name, known.get(name)]).toEqual([name, false])
    expect(doorward.environment['DOORWARD_DATABASE_URL_FILE']).toBe('/run/secrets/database_url')
    expect([...doorward.secrets, ...postgres.secrets].sort()).toEqual(Object.keys(compose.secrets).sort())
    expect(read('.gitignore').split('\n')).toContain('/docker/secrets/')
  })

  it('keeps what must be kept in volumes', () => {
    expect([...doorward.volumes, ...postgres.volumes].map((line) => line.split(':')[0])).toEqual(Object.keys(compose.volumes))
    expect(doorward.volumes).toEqual(['data:/data'])
  })
})
