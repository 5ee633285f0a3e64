interface Detector { detect(source: CanvasImageSource): Promise<readonly { readonly rawValue: string }[]> }
interface DetectorClass { new (options: { formats: string[] }): Detector; getSupportedFormats?(): Promise<string[]> }

const everyMilliseconds = 180

/** The platform's own reader of codes; where there is none, a library that is loaded only then. */
async function openDetector(): Promise<Detector> {
  const own = (window as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector
  if (own && (await own.getSupportedFormats?.().catch((): string[] => []))?.includes('qr_code')) return new own({ formats: ['qr_code'] })
  const name = '../vendor/qr/decode.js'
  const { BarcodeDetector } = (await import(name)) as { BarcodeDetector: DetectorClass }
  return new BarcodeDetector({ formats: ['qr_code'] })
}

export type ScanTrouble = 'no_camera' | 'camera_refused'

/** Looks through the camera until something fits, or the signal ends it. @throws Error whose message is a `ScanTrouble` */
export async function scan(video: HTMLVideoElement, fits: (text: string) => boolean, signal: AbortSignal): Promise<string | undefined> {
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: 'environment' } }, audio: false })
  } catch (error) {
    throw new Error((error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError') ? 'camera_refused' : 'no_camera') satisfies ScanTrouble, { cause: error })
  }
  const stop = (): void => { for (const track of stream.getTracks()) track.stop() }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    video.srcObject = stream
    await video.play().catch(() => undefined)
    const detector = await openDetector()
    const canvas = document.createElement('canvas')
    while (!signal.aborted) {
      if (video.videoWidth > 0) {
        canvas.width = video.videoWidth
        canvas.height = video.videoHeight
        canvas.getContext('2d', { willReadFrequently: true })?.drawImage(video, 0, 0)
        const codes = await detector.detect(canvas).catch(() => [])
        const found = codes.map(({ rawValue }) => rawValue).find(fits)
        if (found !== undefined) return found
      }
      await new Promise((resolve) => { setTimeout(resolve, everyMilliseconds) })
    }
    return undefined
  } finally {
    stop()
    signal.removeEventListener('abort', stop)
    video.srcObject = null
  }
}
