/**
 * An indicator in the workspace's blocks, which are shadow roots that page styles don't reach: its dot is coloured, not its
 * letters. Frappe's are too light in yellow (3.9 to 1), and in the dark theme in blue and gray, too.
 */
export const LEGIBLE = "background: var(--control-bg); color: var(--text-color)";
