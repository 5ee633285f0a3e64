import { parentPort } from 'node:worker_threads'
import { parse } from './parse.ts'
import { XmlRefused, type XmlFault } from './refused.ts'
import { verify, type ExpectedSignature } from './signature.ts'

/** One document to be read; with `expected`, only what was signed of it. */
export interface XmlTask {
  readonly text: string
  readonly expected?: ExpectedSignature
}

/** The first word is `ready`, when the modules are loaded. The tree comes as JSON: the main thread takes that up in a third of the time that a cloned object takes. */
export type XmlAnswer = 'ready' | { readonly tree: string } | { readonly fault: XmlFault; readonly message: string }

// This file runs on a thread of its own and knows one thing to do; reader.ts is its other end.
parentPort?.on('message', ({ text, expected }: XmlTask) => {
  parentPort?.postMessage(answer(text, expected))
})
parentPort?.postMessage('ready' satisfies XmlAnswer)

function answer(text: string, expected: ExpectedSignature | undefined): XmlAnswer {
  try {
    return { tree: JSON.stringify(expected === undefined ? parse(text).tree : verify(text, expected)) }
  } catch (error) {
    // SEC-27: whatever goes wrong here, the message is refused. Its text may quote the document and stays here.
    return error instanceof XmlRefused ? { fault: error.fault, message: error.message } : { fault: 'malformed', message: 'the document cannot be read' }
  }
}
