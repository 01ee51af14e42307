/**
 * The letters of an indicator in the workspace's blocks, which are shadow roots that page styles don't reach. Frappe's own are
 * too light in yellow (3.9 to 1), and in the dark theme in blue and gray, too.
 */
export const LEGIBLE = "color: var(--text-color)";
