// Runs before the first paint: the address of the page says how it looks, so
// that nothing flashes. The settings follow later and may change it.
{
  const query = new URLSearchParams(location.search);
  document.documentElement.dataset.theme = query.get('theme') ?? 'system';
  const size = Number(query.get('font'));
  if (size) document.documentElement.style.setProperty('--size', `${size}px`);
}
