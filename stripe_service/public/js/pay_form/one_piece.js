/** An amount within a sentence. */

const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i;
// The letters of these languages: the signs of the Gulf's currencies are such (د.ك).
const LETTERS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * Where one of both runs from right to left, the amount or the sentence, "$ 119.00" would fall apart and two amounts change
 * places: Unicode's isolates keep sign and number together. (On the server: utils/labels.py.)
 */
export function in_one_piece(text, language) {
	return RIGHT_TO_LEFT.test(language || "") || LETTERS.test(text) ? `\u2066${text}\u2069` : text;
}
