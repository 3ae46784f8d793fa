// A short tone when a new alert is announced, for officers who asked for it. Made here, so that no file is fetched.
// Browsers allow it once somebody has clicked or typed on the page.

const NOTES = [880, 660, 880]
const NOTE_SECONDS = 0.18

export function ring (context) {
  NOTES.forEach((frequency, index) => {
    const tone = context.createOscillator()
    const volume = context.createGain()
    volume.gain.value = 0.15
    tone.frequency.value = frequency
    tone.connect(volume).connect(context.destination)
    tone.start(context.currentTime + index * NOTE_SECONDS)
    tone.stop(context.currentTime + (index + 1) * NOTE_SECONDS - 0.02)
  })
}

export function ringWhenAnnounced (announcement) {
  let context = null
  const wake = () => {
    context ??= new AudioContext()
    context.resume()
  }
  for (const name of ['pointerdown', 'keydown']) document.addEventListener(name, wake)
  new MutationObserver(() => {
    if (!announcement.textContent.trim() || context?.state !== 'running') return
    ring(context)
    document.body.dataset.rang = String(Number(document.body.dataset.rang ?? 0) + 1)
  }).observe(announcement, { childList: true, characterData: true, subtree: true })
}
