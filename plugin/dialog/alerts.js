// window.alert and window.confirm as dialogs of the app. They do not stop the
// page: confirm returns a promise.
{
  const { invoke } = window.__TAURI_INTERNALS__
  const show = (message, buttons) => invoke('plugin:dialog|message', { message: String(message ?? ''), buttons })
  window.alert = (message) => {
    show(message).catch((error) => console.error(`alert: ${error}`))
  }
  window.confirm = async (message) => (await show(message, 'OkCancel')) === 'Ok'
}
