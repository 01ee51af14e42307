/**
 * What waits to be paid, page by page (`page(start)` asks the server), from the first row on: as many rows as were shown before,
 * so that a list that was made longer stays so. Answers the first page's answer with all these rows.
 */
export async function read_waiting(page, shown) {
	const answer = await page(0);
	let { waiting, more } = answer;
	while (more && waiting.length < Math.max(shown, 1)) {
		const next = await page(waiting.length);
		waiting = [...waiting, ...next.waiting];
		more = next.more && next.waiting.length > 0;
	}
	return { ...answer, waiting, more };
}
