/** Compares `audit` of a configuration of 2,000 files with `grep` for the same words. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { advisory } from '../src/advisory/index.ts';
import { fileWords } from '../src/facts/configuration/words.ts';
import { compare, program } from './compare.ts';

const files = 2000;
const rounds = 5;
const goalSeconds = 3;
const scratch = mkdtempSync(path.join(os.tmpdir(), 'subpathfix-bench-audit-'));

/** A module as people write them, of about 4 kB; one in 20 is about Kubernetes or util-linux. */
function moduleText(index: number): string {
  const services = Array.from({ length: 24 }, (_, each) => {
    const name = `service-${index}-${each}`;
    return `  systemd.services.${name} = lib.mkIf cfg.enable {
    path = with pkgs; [ coreutils gnugrep ${index % 20 === 0 ? 'util-linux' : 'curl'} ];
    serviceConfig = { ExecStart = "\${pkgs.hello}/bin/hello --name ${name}"; Restart = "always"; };
  };
`;
  });
  const fix = index % 500 === 0 ? '  systemd.services.k3s.path = [ pkgs.util-linux.withPatches ];\n' : '';
  return `{ config, lib, pkgs, ... }:\nlet\n  cfg = config.services.own.s${index};\nin\n{\n${services.join('')}${fix}}\n`;
}

function writeTree(): void {
  for (let index = 0; index < files; index += 1) {
    const directory = path.join(scratch, `hosts/h${index % 40}/modules`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `m${index}.nix`), moduleText(index));
  }
}

try {
  writeTree();
  const audit = {
    name: 'audit, 2,000 files',
    file: process.execPath,
    args: [program, 'audit', '-q', scratch, '--util-linux', '2.42'],
  };
  const pattern = fileWords(advisory)
    .map((word) => word.replace(/\./g, '\\.'))
    .join('|');
  const grep = { name: 'grep -rlE', file: 'grep', args: ['-rlE', '--include=*.nix', pattern, scratch] };
  compare(audit, [grep], undefined, rounds);
  const started = performance.now();
  spawnSync(audit.file, audit.args, { stdio: 'ignore' });
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`audit, 2,000 files: ${seconds.toFixed(2)} s (goal ${goalSeconds})\n`);
} finally {
  rmSync(scratch, { recursive: true });
}
