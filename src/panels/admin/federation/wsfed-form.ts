import { factNames, functionNames, parseWsFedSettings, usualAttributes, webAddressProblem, type Application, type WsFedSettings } from '../../../applications/index.ts'
import type { Form } from '../../../http/index.ts'
import { metadataBytes, type MetadataAnswer, type PassiveApplication } from '../../../protocols/saml/metadata-import/index.ts'
import { basicFaults, basicsOf, readBasics, type BasicValues } from '../application-basics.ts'
import { isWhole, linesOf, type LineProblem } from '../application-form.ts'
import { assuranceChoices, iconOf } from '../application-view.ts'
import type { AdminNeeds } from '../needs.ts'
import { attributeFaults, attributeValues, changeRows, readAttributes, toAttributeRows, toRules, withRequested, type AttributeValues } from './attributes.ts'
import { hasAny, identifier, lineKey, noneOf, type Draft, type Errors, type FederatedForm } from './draft.ts'
import { nameIdChoices, nameIdFault } from './name-id.ts'
import { toNotes } from './notes.ts'

export interface WsFedValues extends BasicValues {
  readonly metadataText: string
  readonly realm: string
  readonly replyUrls: string
  readonly signOutUrl: string
  readonly nameIdFormat: WsFedSettings['nameIdFormat']
  readonly nameIdExpression: string
  readonly attributes: readonly AttributeValues[]
  readonly tokenMinutes: string
}

const fields = ['name', 'description', 'launch_url', 'icon', 'metadata_file', 'metadata_text', 'realm', 'reply_urls', 'sign_out_url', 'name_id_expression', 'token_minutes'] as const
const formats: readonly WsFedSettings['nameIdFormat'][] = ['unspecified', 'email', 'persistent']

type Page = { readonly errors?: Errors; readonly lines?: readonly LineProblem[]; readonly settings?: WsFedSettings | null; readonly answer?: MetadataAnswer<PassiveApplication> }

/** An application with a realm. Its metadata may fill the fields; there is no address to read it from again. */
export function createWsFedForm(needs: Pick<AdminNeeds, 'metadata'>): FederatedForm {
  const draft = (values: WsFedValues, application: Application | undefined, { errors = noneOf(fields), lines = [], settings = null, answer }: Page): Draft => ({
    basics: values, clientId: values.realm, idField: 'realm', errors, settings: settings && { wsfed: settings },
    show(ctx, all) { ctx.page('admin/wsfed-form', toPage(values, application, all, lines, answer), { status: hasAny(all) ? 422 : 200 }) },
  })

  const imported = (values: WsFedValues, application: Application | undefined, answer: MetadataAnswer<PassiveApplication>, field: 'metadata_file' | 'metadata_text'): Draft => {
    const { found } = answer
    if (!found) return draft(values, application, { answer, errors: { ...noneOf(fields), [field]: `admin.federation.metadata.${answer.problems[0]?.code ?? 'not_metadata'}` } })
    return draft({
      ...values, metadataText: '', realm: found.realm, name: values.name === '' ? found.name : values.name, replyUrls: found.replyUrls.join('\n'),
      attributes: withRequested(values.attributes, found.requestedAttributes, 'wsfed'),
    }, application, { answer })
  }

  return {
    open: (application) => draft(valuesOf(application), application, {}),

    async read(form, application) {
      const values = readValues(form, application)
      const act = form.text('act')
      const attributes = changeRows(act, form, values.attributes)
      if (attributes) return draft({ ...values, attributes }, application, {})
      const wanted = values.realm === '' ? undefined : values.realm
      const file = form.file('metadata_file')
      if (file && file.bytes.length > metadataBytes) return imported(values, application, { found: null, problems: [{ code: 'too_large', detail: file.name }] }, 'metadata_file')
      if (file) return imported(values, application, await needs.metadata.readPassiveApplication(file.bytes.toString('utf8'), wanted), 'metadata_file')
      if (values.metadataText !== '') return imported(values, application, await needs.metadata.readPassiveApplication(values.metadataText, wanted), 'metadata_text')
      if (act === 'read') return draft(values, application, { errors: { ...noneOf(fields), metadata_text: 'admin.federation.error.metadata_text_missing' } })
      return draft(values, application, check(values, application?.wsfed ?? null))
    },
  }
}

function valuesOf(application?: Application): WsFedValues {
  const wsfed = application?.wsfed ?? null
  return {
    ...basicsOf(application), metadataText: '', realm: application?.clientId ?? '', replyUrls: wsfed?.replyUrls.join('\n') ?? '', signOutUrl: wsfed?.signOutUrl ?? '',
    nameIdFormat: wsfed?.nameIdFormat ?? 'unspecified', nameIdExpression: wsfed?.nameIdExpression ?? '', attributes: attributeValues(wsfed?.attributes ?? usualAttributes.wsfed),
    tokenMinutes: String(wsfed?.tokenMinutes ?? 60),
  }
}

function readValues(form: Form, application?: Application): WsFedValues {
  return {
    ...readBasics(form, application), metadataText: form.text('metadata_text'), realm: application?.clientId ?? form.text('realm'), replyUrls: form.text('reply_urls'), signOutUrl: form.text('sign_out_url'),
    nameIdFormat: formats.find((format) => format === form.text('name_id_format')) ?? 'unspecified', nameIdExpression: form.text('name_id_expression'), attributes: readAttributes(form),
    tokenMinutes: form.text('token_minutes'),
  }
}

export function check(values: WsFedValues, before: WsFedSettings | null): { readonly errors: Errors; readonly lines: readonly LineProblem[]; readonly settings: WsFedSettings | null } {
  const errors: Record<string, string | null> = { ...noneOf(fields), ...basicFaults(values), ...nameIdFault(values.nameIdExpression), ...attributeFaults(values.attributes) }
  const lines = values.replyUrls.split(/\r?\n/).flatMap((line, index): LineProblem[] => {
    const problem = line.trim() === '' ? undefined : webAddressProblem(line.trim())
    return problem ? [{ line: index + 1, text: line.trim().slice(0, 200), key: lineKey(problem) }] : []
  })
  const replyUrls = [...new Set(linesOf(values.replyUrls))]
  if (!identifier.test(values.realm)) errors['realm'] = 'admin.federation.error.realm'
  if (lines.length > 0) errors['reply_urls'] = 'admin.applications.error.addresses'
  else if (replyUrls.length === 0) errors['reply_urls'] = 'admin.federation.error.reply_missing'
  else if (replyUrls.length > 50) errors['reply_urls'] = 'admin.applications.error.too_many_addresses'
  if (values.signOutUrl !== '' && webAddressProblem(values.signOutUrl)) errors['sign_out_url'] = 'admin.federation.error.address'
  if (!isWhole(values.tokenMinutes, 1, 60)) errors['token_minutes'] = 'admin.federation.error.token_minutes'
  return {
    errors, lines,
    settings: hasAny(errors) ? null : parseWsFedSettings({
      ...before, replyUrls, signOutUrl: values.signOutUrl === '' ? null : values.signOutUrl, nameIdFormat: values.nameIdFormat, nameIdExpression: values.nameIdExpression === '' ? null : values.nameIdExpression,
      attributes: toRules(values.attributes), tokenMinutes: Number(values.tokenMinutes),
    }),
  }
}

function toPage(values: WsFedValues, application: Application | undefined, errors: Errors, lines: readonly LineProblem[], answer: MetadataAnswer<PassiveApplication> | undefined) {
  const wrongImport = (errors['metadata_file'] ?? errors['metadata_text'] ?? null) !== null
  return {
    id: application?.id ?? null, isNew: application === undefined, titleKey: application ? 'admin.applications.edit' : 'admin.applications.new.wsfed', kindKey: 'admin.applications.kind.wsfed', hasTile: true, launchHintKey: 'admin.federation.hint.launch_url_wsfed',
    icon: application ? iconOf(application) : null, values, errors, hasErrors: hasAny(errors), lines, assurances: assuranceChoices(values.requiredAssurance),
    nameIdFormats: nameIdChoices(formats, values.nameIdFormat), rows: toAttributeRows(values.attributes, errors), facts: factNames, functions: functionNames,
    wasRead: (answer?.found ?? null) !== null, notes: toNotes(answer), importOpen: wrongImport, keysOpen: false, signOutOpen: false,
  } as const
}
