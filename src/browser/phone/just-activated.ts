/** Left in the window by the page that made a key, for the app's first look at it. */
export const justActivated = 'doorward-activated'
