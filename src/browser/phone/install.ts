interface Offer extends Event { prompt(): Promise<{ readonly outcome: string }> }

const dismissed = 'doorward-install-dismissed'
let offer: Offer | undefined

export const isInstalled = (): boolean => window.matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true
/** An iPad calls itself a Mac, and is the only one that is touched. */
export const isApple = (): boolean => /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)

/** Browsers that can install an app say so when they please. */
export function awaitOffer(hear: () => void): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer = event as Offer
    hear()
  })
  window.addEventListener('appinstalled', () => {
    offer = undefined
    hear()
  })
}

/** Which of the page's ways to the home screen fits; none where it is there already, or was not wanted. */
export function installFacts(): { readonly installOffered: boolean; readonly installApple: boolean; readonly installOther: boolean; readonly install: boolean } {
  const open = !isInstalled() && window.localStorage.getItem(dismissed) === null
  const facts = { installOffered: open && offer !== undefined, installApple: open && offer === undefined && isApple(), installOther: open && offer === undefined && !isApple() }
  return { ...facts, install: open }
}

export async function acceptOffer(): Promise<void> {
  const taken = offer
  offer = undefined
  await taken?.prompt().catch(() => undefined)
}

export function dismissOffer(): void {
  window.localStorage.setItem(dismissed, '1')
}
