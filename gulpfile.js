const { rm } = require('node:fs/promises');
const { dest, src } = require('gulp');

/** Removes what was built before, so that no deleted file is published. */
exports.clean = () => rm('dist', { recursive: true, force: true });

/** Copies what the compiler leaves: icons and n8n's codex files. */
exports.default = () => src(['nodes/**/*.svg', 'nodes/**/*.node.json'], { encoding: false }).pipe(dest('dist/nodes'));
