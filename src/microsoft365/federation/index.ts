/**
 * What is to be said to Entra about a domain, worked out without saying it: everything here is pure, with tables of tests.
 *
 *   configuration.ts   the fields of `internalDomainFederation`; what Entra said, read
 *   wanted.ts          what a domain of ours should say
 *   validate.ts        what must be right before anything is sent (section 3.2)
 *   difference.ts      wanted against actual, and which differences are an alarm
 *   plan.ts            the requests that lead from one to the other, and back
 *   request-text.ts, powershell.ts   the same as text, for people who give us no rights
 *   certificate.ts     the autopilot's next step, and when to warn
 *   preflight.ts       facts in, findings with their fixes out
 *
 * Who calls Graph → ../graph; who acts → ../guide.ts.
 */
export { certificateWarning, nextCertificateStep, simulateRollover, warningDays, type CertificateFacts, type CertificateStep, type SimulatedStep } from './certificate.ts'
export { plainCertificate, readConfiguration, type ActualConfiguration, type FederationConfiguration, type FederationField } from './configuration.ts'
export { differences, type Difference } from './difference.ts'
export { planFederation, planUndo, type DomainState, type GraphRequest, type Plan } from './plan.ts'
export { applyScript, undoScript, verifyScript } from './powershell.ts'
export { findingsOf, stops, type Finding, type PreflightFacts } from './preflight.ts'
export { requestText } from './request-text.ts'
export { validate, type ConfigurationProblem } from './validate.ts'
export { wantedConfiguration } from './wanted.ts'
