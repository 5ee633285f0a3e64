import { createServer } from 'node:http'
import Koa from 'koa'

/** The ceilings of serving at all: `hello.ts node <port>` is node:http alone, `hello.ts koa <port>` is Koa without middleware of ours. */
const [kind, port] = process.argv.slice(2)
const text = 'hello world\n'

if (kind === 'koa') {
  const koa = new Koa()
  koa.use((ctx) => {
    ctx.type = 'text'
    ctx.body = text
  })
  koa.listen(Number(port), '127.0.0.1')
} else {
  createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': text.length }).end(text)
  }).listen(Number(port), '127.0.0.1')
}
