// The officers' pages work without this. With it they stay fresh: the server names what changed, and htmx,
// which waits for events of those names on the body, fetches that part of the page again.
import { initAll } from './govuk-frontend.min.js'
import { ringWhenAnnounced } from './sound.js'

const RETRY_AFTER = 5000
const SAY_NOT_LIVE_AFTER = 8000

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
initAll()

const announcement = document.getElementById('announcement')
if (announcement && document.body.dataset.sound === 'on') ringWhenAnnounced(announcement)

// The token of a link stands after the #, where no server sees it; the form takes it out of the address.
const token = document.getElementById('token')
if (token && location.hash.length > 1) {
  token.value = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
}

const address = document.body.dataset.news
if (address) {
  const notLive = document.getElementById('not-live')
  let source = null
  let worry = null

  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name))

  const live = () => {
    clearTimeout(worry)
    worry = null
    notLive.hidden = true
    // Something may have happened while nobody listened.
    tell('alerts')
    tell('conversation')
  }

  const lost = () => {
    worry ??= setTimeout(() => { notLive.hidden = false }, SAY_NOT_LIVE_AFTER)
    if (source?.readyState === EventSource.CLOSED) {
      source = null
      // Where the session has ended, this leads to the sign-in.
      tell('alerts')
      setTimeout(listen, RETRY_AFTER)
    }
  }

  const listen = () => {
    if (source || document.hidden) return
    source = new EventSource(address)
    source.addEventListener('open', live)
    source.addEventListener('error', lost)
    for (const name of ['alerts', 'conversation']) source.addEventListener(name, () => tell(name))
  }

  const rest = () => {
    source?.close()
    source = null
  }

  // Browsers allow a site six connections at a time; pages that nobody sees must not hold them.
  document.addEventListener('visibilitychange', () => (document.hidden ? rest() : listen()))
  window.addEventListener('pagehide', rest)
  window.addEventListener('pageshow', listen)
  listen()
}
