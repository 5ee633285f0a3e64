import { requiredAssurances, webAddressProblem, type AccessKind, type Application, type RequiredAssurance } from '../../applications/index.ts'
import { readName } from '../../directory/index.ts'
import type { Form } from '../../http/index.ts'

/** What every kind of application has, as typed. */
export interface BasicValues {
  readonly name: string
  readonly description: string
  readonly launchUrl: string
  readonly enabled: boolean
  readonly access: AccessKind
  readonly requiredAssurance: RequiredAssurance | ''
}

export function basicsOf(application?: Application): BasicValues {
  return {
    name: application?.name ?? '', description: application?.description ?? '', launchUrl: application?.launchUrl ?? '', enabled: application?.enabled ?? true, access: application?.access ?? 'everyone',
    requiredAssurance: application?.requiredAssurance ?? '',
  }
}

/** A field that this kind's form does not have keeps what is stored, such as what came from a file. */
export function readBasics(form: Form, before?: Application): BasicValues {
  const known = basicsOf(before)
  return {
    name: form.text('name'), description: form.text('description'), launchUrl: form.all('launch_url').length > 0 ? form.text('launch_url') : known.launchUrl,
    enabled: form.all('shows').includes('enabled') ? form.checked('enabled') : known.enabled, access: before ? known.access : form.text('access') === 'assigned' ? 'assigned' : 'everyone',
    requiredAssurance: form.all('required_assurance').length > 0 ? readAssurance(form.text('required_assurance'), known.requiredAssurance) : known.requiredAssurance,
  }
}

/** The locale keys of what is wrong, by field. */
export function basicFaults({ name, description, launchUrl }: BasicValues): Partial<Record<'name' | 'description' | 'launch_url', string>> {
  const address = launchUrl === '' ? undefined : webAddressProblem(launchUrl)
  return {
    ...(readName(name) === undefined ? { name: 'admin.applications.error.name' } : {}), ...(description.length > 500 ? { description: 'admin.applications.error.description' } : {}),
    ...(address === undefined ? {} : { launch_url: `admin.applications.uri.${address}` }),
  }
}

/** What is stored of them; who may use it and whether it is on have ways of their own. */
export function storedBasics(values: BasicValues) {
  return {
    name: readName(values.name) ?? values.name, description: values.description, launchUrl: values.launchUrl === '' ? null : values.launchUrl,
    requiredAssurance: values.requiredAssurance === '' ? null : values.requiredAssurance,
  }
}

/** Anything else than a requirement is "any way"; a stored one that means the same stays as it was written. */
function readAssurance(typed: string, before: RequiredAssurance | ''): RequiredAssurance | '' {
  const [weakest = ''] = requiredAssurances
  if (typed === 'any' && before === weakest) return before
  return requiredAssurances.find((value) => value === typed) ?? ''
}
