// Opens links that ask for a window of their own with the user's programs: a
// click on one with target=_blank, or with the control or shift key.
{
  const schemes = ['http:', 'https:', 'mailto:', 'tel:']
  const { invoke } = window.__TAURI_INTERNALS__
  window.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.altKey) return
    const link = event.composedPath().find((x) => x instanceof Node && x.nodeName.toUpperCase() === 'A')
    if (!link?.href || (link.target !== '_blank' && !event.ctrlKey && !event.shiftKey)) return
    let url
    try {
      url = new URL(link.href)
    } catch {
      return
    }
    if (!schemes.includes(url.protocol)) return
    event.preventDefault()
    invoke('plugin:opener|open_url', { url }).catch((error) => console.error(`link not opened: ${error}`))
  })
}
