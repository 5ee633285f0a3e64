/** One page of help: sections of numbered steps. Every text is `help.<topic>.<part>`. */
interface Section { readonly name: string; readonly steps: number; readonly note?: true }

export interface Topic {
  readonly name: string
  readonly sections: readonly Section[]
  /** Where its last link leads: to what it is about. */
  readonly open: string | null
  readonly see: readonly string[]
}

/** In the order of a first day. */
export const topics: readonly Topic[] = [
  { name: 'phone-app', sections: [{ name: 'android', steps: 3 }, { name: 'iphone', steps: 3, note: true }, { name: 'notifications', steps: 2, note: true }], open: '/phone/', see: ['activate', 'approve'] },
  { name: 'activate', sections: [{ name: 'mail', steps: 3, note: true }, { name: 'code', steps: 3, note: true }, { name: 'digits', steps: 3 }], open: '/security/phones/new', see: ['phone-app', 'approve', 'lost-phone'] },
  { name: 'approve', sections: [{ name: 'number', steps: 4, note: true }, { name: 'no', steps: 3 }, { name: 'scan', steps: 3, note: true }, { name: 'nothing', steps: 3 }], open: null, see: ['activate', 'lost-phone'] },
  { name: 'reader', sections: [{ name: 'add', steps: 3 }, { name: 'usb', steps: 2 }, { name: 'nfc', steps: 2, note: true }], open: '/security/keys/new', see: ['microsoft', 'recovery'] },
  { name: 'microsoft', sections: [{ name: 'clicks', steps: 3 }, { name: 'qr', steps: 2, note: true }, { name: 'add', steps: 3, note: true }, { name: 'behalf', steps: 2, note: true }], open: '/microsoft-365', see: ['reader'] },
  { name: 'lost-phone', sections: [{ name: 'lost', steps: 3, note: true }, { name: 'new', steps: 3 }], open: '/security', see: ['recovery', 'activate'] },
  { name: 'recovery', sections: [{ name: 'codes', steps: 3 }, { name: 'desk', steps: 3 }, { name: 'before', steps: 2 }], open: '/signin', see: ['lost-phone', 'reader'] },
  { name: 'pairing-tool', sections: [{ name: 'install', steps: 4, note: true }, { name: 'pair', steps: 4, note: true }, { name: 'use', steps: 4, note: true }, { name: 'nothing', steps: 4 }, { name: 'limits', steps: 4 }], open: '/downloads', see: ['phone-app', 'activate', 'reader'] },
]

export interface TopicLink { readonly href: string; readonly picture: string; readonly titleKey: string; readonly leadKey: string }

export interface TopicPage extends TopicLink {
  readonly sections: readonly { readonly id: string; readonly titleKey: string; readonly steps: readonly string[]; readonly noteKey: string | null }[]
  readonly open: { readonly href: string; readonly labelKey: string } | null
  readonly see: readonly TopicLink[]
}

export function topicLink({ name }: Pick<Topic, 'name'>): TopicLink {
  return { href: `/help/${name}`, picture: name, titleKey: `help.${name}.title`, leadKey: `help.${name}.lead` }
}

export function topicPage(topic: Topic): TopicPage {
  const { name, sections, open, see } = topic
  return {
    ...topicLink(topic),
    sections: sections.map((section) => ({
      id: section.name, titleKey: `help.${name}.${section.name}`, steps: Array.from({ length: section.steps }, (_none, index) => `help.${name}.${section.name}_${index + 1}`),
      noteKey: section.note ? `help.${name}.${section.name}_note` : null,
    })),
    open: open === null ? null : { href: open, labelKey: `help.${name}.open` },
    see: see.map((other) => topicLink({ name: other })),
  }
}
