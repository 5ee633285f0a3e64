import { factNames, functionNames, type Application } from '../../../applications/index.ts'
import { metadataBytes, withMetadata, type MetadataAnswer, type ServiceProvider } from '../../../protocols/saml/metadata-import/index.ts'
import { assuranceChoices, iconOf } from '../application-view.ts'
import type { AdminNeeds } from '../needs.ts'
import { changeRows, toAttributeRows } from './attributes.ts'
import { hasAny, noneOf, type Draft, type Errors, type FederatedForm } from './draft.ts'
import { toNotes } from './notes.ts'
import { nameIdChoices } from './name-id.ts'
import { checkSaml, samlFields, type CheckedSaml } from './saml-checks.ts'
import { filledFrom, nameIdFormatsOfSaml, readSamlValues, samlValues, type SamlValues } from './saml-values.ts'

type Page = Partial<Pick<CheckedSaml, 'errors' | 'lines' | 'settings'>> & { readonly answer?: MetadataAnswer<ServiceProvider> }

/**
 * A service provider. Metadata that comes as a file, as text or from an address is read into the fields first and saved with
 * the next press, so that nobody trusts what they have not seen. A new address must answer when it is saved.
 */
export function createSamlForm(needs: Pick<AdminNeeds, 'metadata' | 'publicUrl' | 'clock'>): FederatedForm {
  const draft = (values: SamlValues, application: Application | undefined, { errors = noneOf(samlFields), lines = [], settings = null, answer }: Page): Draft => ({
    basics: values, clientId: values.entityId, idField: 'entity_id', errors, settings: settings && { saml: settings },
    show(ctx, all) {
      ctx.page('admin/saml-form', toPage(values, application, all, lines, answer), { status: hasAny(all) ? 422 : 200 })
    },
  })

  const imported = (values: SamlValues, application: Application | undefined, answer: MetadataAnswer<ServiceProvider>, field: 'metadata_url' | 'metadata_file' | 'metadata_text'): Draft => {
    if (answer.found) return draft(filledFrom(values, answer.found), application, { answer })
    return draft(values, application, { answer, errors: { ...noneOf(samlFields), [field]: `admin.federation.metadata.${answer.problems[0]?.code ?? 'not_metadata'}` } })
  }

  return {
    open: (application) => draft(samlValues(application), application, {}),

    async read(form, application) {
      const values = readSamlValues(form, application)
      const act = form.text('act')
      const attributes = changeRows(act, form, values.attributes)
      if (attributes) return draft({ ...values, attributes }, application, {})
      const wanted = values.entityId === '' ? undefined : values.entityId
      const file = form.file('metadata_file')
      if (file && file.bytes.length > metadataBytes) return imported(values, application, { found: null, problems: [{ code: 'too_large', detail: file.name }] }, 'metadata_file')
      if (file) return imported(values, application, await needs.metadata.readServiceProvider(file.bytes.toString('utf8'), wanted), 'metadata_file')
      if (values.metadataText !== '') return imported(values, application, await needs.metadata.readServiceProvider(values.metadataText, wanted), 'metadata_text')
      const urlOnly = values.metadataUrl !== '' && values.entityId === ''
      if (act === 'read' && values.metadataUrl === '') return draft(values, application, { errors: { ...noneOf(samlFields), metadata_url: 'admin.federation.error.metadata_missing' } })
      if (act === 'read' || urlOnly) return imported(values, application, await needs.metadata.fetchServiceProvider(values.metadataUrl, wanted), 'metadata_url')

      const checked = checkSaml(values, needs.publicUrl, application?.saml ?? null)
      const isNewAddress = values.metadataUrl !== '' && values.metadataUrl !== application?.saml?.metadataUrl
      if (!checked.settings || !isNewAddress) return draft(values, application, checked)
      const answer = await needs.metadata.fetchServiceProvider(values.metadataUrl, wanted)
      if (!answer.found) return imported(values, application, answer, 'metadata_url')
      return draft(values, application, { ...checked, settings: withMetadata(checked.settings, answer.found, needs.clock.now()) })
    },
  }
}

function toPage(values: SamlValues, application: Application | undefined, errors: Errors, lines: CheckedSaml['lines'], answer: MetadataAnswer<ServiceProvider> | undefined) {
  const wrong = (...fields: readonly (typeof samlFields)[number][]): boolean => fields.some((field) => (errors[field] ?? null) !== null)
  return {
    id: application?.id ?? null, isNew: application === undefined, titleKey: application ? 'admin.applications.edit' : 'admin.applications.new.saml', kindKey: 'admin.applications.kind.saml', hasTile: true, launchHintKey: 'admin.federation.hint.launch_url_saml',
    icon: application ? iconOf(application) : null, values, errors, hasErrors: hasAny(errors), lines, assurances: assuranceChoices(values.requiredAssurance),
    nameIdFormats: nameIdChoices(nameIdFormatsOfSaml, values.nameIdFormat), rows: toAttributeRows(values.attributes, errors), facts: factNames, functions: functionNames,
    wasRead: (answer?.found ?? null) !== null, notes: toNotes(answer), importOpen: application === undefined || wrong('metadata_url', 'metadata_file', 'metadata_text'),
    keysOpen: values.signingCertificates !== '' || values.encryptionCertificate !== '' || wrong('signing_certificates', 'encryption_certificate'),
    signOutOpen: wrong('slo_redirect', 'slo_redirect_response', 'slo_post', 'slo_post_response'),
  } as const
}
