import { atLeast, type Assurance } from '../../authentication/index.ts'
import { multipleAuthentication } from '../exchange/index.ts'

const classes = 'urn:oasis:names:tc:SAML:2.0:ac:classes:'
export const passwordProtectedTransport = `${classes}PasswordProtectedTransport`
const refedsMfa = 'https://refeds.org/profile/mfa'

/**
 * What each class asks of a sign-in; weakest first. The classes that speak of a password are what software asks for that
 * means "signed in properly": a key does that better, so they ask for nothing more.
 */
const demands: readonly (readonly [name: string, assurance: Assurance | null])[] = [
  [`${classes}unspecified`, null], [passwordProtectedTransport, null], [`${classes}Password`, null], ['https://refeds.org/profile/sfa', null], ['urn:doorward:acr:code', 'urn:doorward:acr:code'],
  ['urn:doorward:acr:multi', 'urn:doorward:acr:multi'], [refedsMfa, 'urn:doorward:acr:multi'], [multipleAuthentication, 'urn:doorward:acr:multi'],
  ['phr', 'phr'], ['phrh', 'phrh'],
]

export interface RequestedContext { readonly comparison: 'exact' | 'minimum' | 'maximum' | 'better'; readonly classes: readonly string[] }

/** The class that will stand in the answer (null: whichever is true), and what it takes. */
export interface ChosenContext { readonly name: string | null; readonly assurance: Assurance | null }

/**
 * Translates a RequestedAuthnContext (SAML Core §3.3.2.2.1) into what the sign-in has to prove.
 * @returns undefined when nothing that is asked for can be had
 */
export function chooseContext({ comparison, classes: asked }: RequestedContext): ChosenContext | undefined {
  const places = asked.map((name) => demands.findIndex(([known]) => known === name)).filter((place) => place >= 0)
  const [first] = places
  if (first === undefined) return undefined
  switch (comparison) {
    // The first that is known: the list is in the order of the application's wishes.
    case 'exact': return at(first)
    case 'minimum': return { name: null, assurance: at(Math.min(...places)).assurance }
    // As strong as may be, but not stronger: any honest sign-in of ours that is named will do, the strongest named first.
    case 'maximum': return at(Math.max(...places))
    case 'better': {
      const strongest = at(Math.max(...places)).assurance
      const stronger = demands.find(([, assurance]) => assurance !== null && (strongest === null || (assurance !== strongest && atLeast(assurance, strongest))))
      return stronger && { name: null, assurance: stronger[1] }
    }
  }
}

function at(place: number): ChosenContext {
  const [name, assurance] = demands[place] ?? ['', null]
  return { name, assurance }
}

/** The class that is true of a sign-in when none was asked for. A code proves one factor and is called nothing better (SEC-31). */
export function trueContext(assurance: Assurance, microsoft: boolean): string {
  if (atLeast(assurance, 'urn:doorward:acr:multi')) return microsoft ? multipleAuthentication : refedsMfa
  return microsoft ? passwordProtectedTransport : `${classes}unspecified`
}
