import type { Answer } from './server.ts'
import { escapeXml } from './xml.ts'

/** A page for people and for tests: `<main data-outcome>` says how it ended. */
export function page(status: number, outcome: string, title: string, body: string, headers: Answer['headers'] = {}): Answer {
  return {
    status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeXml(title)}</title></head><body><main data-outcome="${escapeXml(outcome)}"><h1>${escapeXml(title)}</h1>${body}</main></body></html>`,
  }
}

/** A form that sends itself, as Entra's do. */
export function postingForm(action: string, fields: Readonly<Record<string, string>>, headers: Answer['headers'] = {}): Answer {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${escapeXml(name)}" value="${escapeXml(value)}">`).join('')
  return page(200, 'redirecting', 'Working…', `<form method="post" action="${escapeXml(action)}">${inputs}<noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>`, headers)
}

export function definitions(entries: Readonly<Record<string, string>>): string {
  return `<dl>${Object.entries(entries).map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd data-name="${escapeXml(name)}">${escapeXml(value)}</dd>`).join('')}</dl>`
}
