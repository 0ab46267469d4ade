#!/usr/bin/env node
'use strict';
// Becomes dist/main.cjs: starts the program, or says in one sentence why it cannot. Written in ES5, so that a
// Node.js that is too old can parse it and say so.
var fs = require('fs');
var path = require('path');

// Filled in by the build: the oldest Node.js, the file to start, and the size of each file beside this one.
var built = __BUILT__;

function isTooOld() {
  var wanted = built.node.split('.').map(Number);
  var found = process.versions.node.split('.').map(Number);
  return found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1]);
}

function stop(sentence) {
  process.stderr.write('subpathfix: ' + sentence + '\n');
  process.exitCode = 2;
}

function sizeOf(name) {
  try {
    return fs.statSync(path.join(__dirname, name)).size;
  } catch (_error) {
    return -1;
  }
}

function find(isWanted) {
  return Object.keys(built.sizes).filter(isWanted)[0];
}

/** What is wrong with the files beside this one, in a sentence that ends with what to do; null for another error. */
function damage(error) {
  var advice = '; copy dist/ as a whole, or install subpathfix again';
  var name = find(function (each) {
    return sizeOf(each) !== built.sizes[each];
  });
  var reason = sizeOf(name) < 0 ? ': missing' : ': incomplete';
  // The right size, but it cannot be read or parsed: then the stack begins with its name.
  var file = error.path || (error instanceof SyntaxError && error.stack.split(/:\d+\n/)[0]);
  if (name) return path.join(__dirname, name) + reason + advice;
  return file && path.dirname(file) === __dirname ? file + ': ' + error.message + advice : null;
}

function start() {
  var main, present, missing, found;
  try {
    // Checked first: a missing file might be needed only halfway through.
    present = fs.readdirSync(__dirname);
    missing = find(function (name) {
      return present.indexOf(name) < 0;
    });
    if (!missing) main = require('./' + built.entry).main;
    if (!main) throw new Error(missing || built.entry);
  } catch (error) {
    found = damage(error);
    if (found === null) throw error;
    return stop(found);
  }
  return main(process.argv.slice(2), damage);
}

if (isTooOld()) stop('needs Node.js ' + built.node + ' or newer; this is ' + process.versions.node);
else start();
