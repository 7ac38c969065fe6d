package backend

// The bodies of async functions, for a page's own scripts or the bridge's, by which engines keep the scroll position of a page
// whose process was lost.
const (
	// Scrolled resolves with the scroll position when the page was scrolled
	// and has stood still since.
	Scrolled = `await new Promise(done => {
		let timer = 0;
		const moved = () => { clearTimeout(timer); timer = setTimeout(() => { removeEventListener('scroll', moved); done() }, 150) };
		addEventListener('scroll', moved, {passive: true});
	});
	return scrollX + ' ' + scrollY`
	// ScrollBack scrolls to the position in data, two numbers with a space between, as soon as the page is long enough, which it may be
	// only when its scripts have filled it, and holds the position until the
	// page is loaded: WebKit sets one of its own on the way. It gives way to
	// the user.
	ScrollBack = `const [x, y] = data.split(' ').map(Number);
	let touched = false;
	const touch = () => { touched = true };
	const inputs = ['wheel', 'keydown', 'pointerdown', 'touchstart'];
	inputs.forEach(i => addEventListener(i, touch, {capture: true, passive: true, once: true}));
	for (let round = 0, steady = 0; round < 100 && steady < 3 && !touched; round++) {
		const there = Math.abs(scrollX - x) < 1 && Math.abs(scrollY - y) < 1;
		steady = there && document.readyState === 'complete' ? steady + 1 : 0;
		if (!there) scrollTo({left: x, top: y, behavior: 'instant'});
		await new Promise(next => setTimeout(next, 100));
	}
	inputs.forEach(i => removeEventListener(i, touch, {capture: true}))`
)
