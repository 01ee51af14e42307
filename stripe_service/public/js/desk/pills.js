/**
 * An indicator in the workspace's blocks, which are shadow roots that page styles don't reach: its dot is coloured, not its
 * letters. Frappe's are too light in yellow (3.9 to 1), and in the dark theme in blue and gray, too.
 */
export const LEGIBLE = "background: var(--control-bg); color: var(--text-color)";

/** The same for an `indicator-pill` of this colour. Frappe 16 draws its dot nearly white in the dark theme. */
export function legible_pill(colour) {
	return `${LEGIBLE}; --text-on-${colour}: var(--${colour}-600)`;
}
