/** What pages do beyond HTML, one element a file; each enhances markup that works without it. main.ts is what every page loads. */
export {}
