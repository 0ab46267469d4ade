'use strict';
// Runs the program once through what most command lines use, and keeps the code that V8 compiled for it.
const fs = require('node:fs');
const path = require('node:path');

const [, , dist] = process.argv;
const { script, main } = require(path.join(dist, 'main.cjs'));

const commandLines = [
  ['check', '--channel', 'nixos-25.05', '--util-linux', '2.41'],
  ['generate', '--channel', 'nixos-25.05', '--util-linux', '2.41', '--dry-run'],
  // node is no mount: this fails in its private namespace, after all that a real one does
  ['probe', '--mount', process.execPath],
];
process.stdout.write = () => true;
(async () => {
  for (const argv of commandLines) await main(argv);
  fs.writeFileSync(path.join(dist, 'app.cjs.cache'), script.createCachedData());
  process.exitCode = 0;
})();
