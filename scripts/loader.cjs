#!/usr/bin/env node
'use strict';
// Becomes dist/main.cjs: runs dist/app.cjs from the code that the build compiled, which starts in a fraction
// of the time. V8 refuses code of another version or other flags by itself, and compiles the source then.
const fs = require('node:fs');
const vm = require('node:vm');

const filename = `${__dirname}/app.cjs`;
const source = fs.readFileSync(filename, 'utf8');
let cachedData;
try {
  cachedData = fs.readFileSync(`${filename}.cache`);
} catch {
  // built without one: it is compiled now
}
const script = new vm.Script(source, { filename, cachedData });
const app = { exports: {} };
script.runInThisContext()(app, app.exports, require, __dirname);
module.exports = { script, main: app.exports.main };
if (require.main === module) app.exports.main(process.argv.slice(2));
